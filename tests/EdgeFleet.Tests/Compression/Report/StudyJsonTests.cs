using System.Text.Json;
using EdgeFleet.Compression.Recovery;
using EdgeFleet.Compression.Report;

namespace EdgeFleet.Tests.Compression.Report;

public sealed class StudyJsonTests
{
    [Fact]
    public void A_study_comes_back_as_it_was()
    {
        var json = StudyJson.Write(ReportStudies.Usual);
        var read = StudyJson.Read(json);

        StudyJson.Write(read).ShouldBe(json);
        HtmlReport.Render(read).ShouldBe(HtmlReport.Render(ReportStudies.Usual));
    }

    [Fact]
    public void Names_are_in_camel_case_and_kinds_have_names()
    {
        using var json = JsonDocument.Parse(StudyJson.Write(ReportStudies.Usual));
        var winner = json.RootElement.GetProperty("candidates")[json.RootElement.GetProperty("winner").GetInt32()];

        winner.GetProperty("recipe").GetProperty("kind").GetString().ShouldBe("Int8Reduced");
        winner.GetProperty("quality").GetProperty("pointsLost").GetDouble().ShouldBe(0.03, 1e-9);
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_null()
    {
        var study = ReportStudies.Usual with { Layers = [new LayerError("a", "a", "Conv", double.PositiveInfinity, double.NaN, 1, null)] };
        using var json = JsonDocument.Parse(StudyJson.Write(study));
        var layer = json.RootElement.GetProperty("layers")[0];

        layer.GetProperty("sqnrDb").ValueKind.ShouldBe(JsonValueKind.Null);
        StudyJson.Read(StudyJson.Write(study)).Layers[0].SqnrDb.ShouldBe(double.NaN);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"model\": \"cut o")]
    public void What_is_not_a_study_is_refused(string json) => Should.Throw<JsonException>(() => StudyJson.Read(json));
}
