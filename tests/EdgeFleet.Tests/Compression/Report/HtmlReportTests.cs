using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Recovery;
using EdgeFleet.Compression.Report;

namespace EdgeFleet.Tests.Compression.Report;

public sealed partial class HtmlReportTests
{
    private const string Hostile = "<script>alert('x')</script>\"&\u0001\uD800";

    [Fact]
    public void The_page_is_well_formed()
    {
        var page = Parse(ReportStudies.Usual);

        page.Root!.Name.LocalName.ShouldBe("html");
        page.Descendants("svg").Count(s => (string?)s.Attribute("role") == "img").ShouldBe(3 + 1 + 2);
    }

    [Fact]
    public void Every_candidate_has_a_row_and_every_measured_one_is_in_every_picture()
    {
        var page = Parse(ReportStudies.Usual);

        for (var i = 0; i < ReportStudies.Usual.Candidates.Count; i++)
        {
            var candidate = ReportStudies.Usual.Candidates[i];
            var row = page.Descendants("tr").Single(r => (string?)r.Attribute("id") == $"c{i + 1}");
            row.Value.ShouldContain(candidate.Name);
            row.Value.ShouldContain(candidate.RejectedBecause ?? "chosen");
            page.Descendants("figure").Count(f => f.Descendants("a").Any(a => (string?)a.Attribute("href") == $"#c{i + 1}")).ShouldBe(candidate.Quality is null ? 0 : 3);
        }
    }

    [Fact]
    public void The_winner_s_figures_stand_at_the_top()
    {
        var header = Parse(ReportStudies.Usual).Descendants("header").Single().Value;

        header.ShouldContain(ReportStudies.Usual.Verdict);
        header.ShouldContain("314 kB → 104 kB");
        header.ShouldContain("33.2 % of the original");
        header.ShouldContain("93.35 % → 93.32 %");
        header.ShouldContain("0.03 points lost on 512 samples");
        header.ShouldContain("278 µs → 242 µs");
        header.ShouldContain("0.87 of the original's time");
    }

    [Fact]
    public void What_was_given_up_names_the_best_in_each_figure()
    {
        var table = Parse(ReportStudies.Usual).Descendants("section").First(s => s.Element("h2")?.Value == "What was given up for it").Descendants("tbody").Single();

        table.Elements("tr").Select(r => r.Elements("td").ElementAt(1).Value).ShouldBe(["7 weights4", "1 fp32", "4 int8"]);
    }

    [Fact]
    public void The_page_needs_nothing_from_elsewhere_and_runs_nothing()
    {
        var page = HtmlReport.Render(ReportStudies.Usual);

        page.ShouldNotContain("<script");
        page.ShouldNotContain("http");
        page.ShouldNotContain("url(");
        page.ShouldNotContain("@import");
        References().Matches(page).Select(m => m.Groups["to"].Value).ShouldAllBe(to => to.StartsWith('#'));
    }

    [Fact]
    public void Names_that_are_markup_are_text()
    {
        var usual = ReportStudies.Usual;
        var study = usual with
        {
            Model = Hostile,
            Verdict = Hostile,
            Goal = Hostile,
            Target = Hostile,
            MeasuredOn = Hostile,
            Calibration = Hostile,
            Candidates = [.. usual.Candidates.Select(c => c with { Name = Hostile + c.Name, RejectedBecause = Hostile })],
            Layers = [new LayerError(Hostile, Hostile, Hostile, 20, 1, 0, null)],
            Preparation = [new PassReport(Hostile, 1, 1, 1) { Notes = [Hostile, Hostile] }],
            Calibrated = new CalibrationFacts(CalibrationMethod.Mse, 1, [new ValueCalibration(Hostile, 0, 1, 0, 1, [1])]) { Warning = Hostile },
            Tolerance = new Dictionary<string, double> { [Hostile] = 1 },
        };

        HtmlReport.Render(study).ShouldNotContain("<script");
        Parse(study).Descendants("h1").Single().Value.ShouldBe("<script>alert('x')</script>\"&\uFFFD\uFFFD");
    }

    [Fact]
    public void The_same_study_gives_the_same_page() => HtmlReport.Render(ReportStudies.Usual).ShouldBe(HtmlReport.Render(ReportStudies.Usual));

    [Fact]
    public void The_page_says_so_where_no_variant_reaches_the_goal()
    {
        var page = Parse(ReportStudies.Usual with { Winner = null, Closest = 3, Verdict = "None." });

        page.Descendants("header").Single().Value.ShouldContain("Closest: int8");
        page.Descendants("tr").ShouldNotContain(r => (string?)r.Attribute("class") == "winner");
    }

    [Fact]
    public void A_study_in_which_nothing_could_be_made_is_still_a_page()
    {
        var study = ReportStudies.Usual with
        {
            Candidates = [ReportStudies.Usual.Candidates[^1]], Winner = null, Closest = null, Layers = [], Calibrated = null, Preparation = [], Tolerance = new Dictionary<string, double>(),
        };

        Parse(study).Descendants("figure").ShouldBeEmpty();
    }

    [Fact]
    public void Without_measured_latencies_only_size_and_accuracy_are_drawn()
    {
        var study = ReportStudies.Usual with
        {
            Candidates = [.. ReportStudies.Usual.Candidates.Where(c => c.Quality is not null).Select(c => c with { Quality = c.Quality! with { LatencyMs = 0, SourceLatencyMs = 0, Accuracy = null } })],
        };

        var page = Parse(study);
        page.Descendants("figcaption").First().Value.ShouldBe("Size against agreement");
        page.Descendants("figcaption").ShouldNotContain(c => c.Value.Contains("atency", StringComparison.Ordinal));
        page.Root!.Value.ShouldContain("Latency was not measured.");
    }

    [Fact]
    public void Long_lists_are_cut_and_say_so()
    {
        var study = ReportStudies.Usual with
        {
            Layers = [.. Enumerable.Range(0, 5000).Select(i => new LayerError($"l{i}", $"l{i}", "Conv", i % 90, 1, 0, null))],
            Calibrated = new CalibrationFacts(CalibrationMethod.Mse, 1, [.. Enumerable.Range(0, 3000).Select(i => new ValueCalibration($"v{i}", 0, 10, 0, i % 10, [0.5, 0.5]))]),
        };

        var page = HtmlReport.Render(study);
        page.Length.ShouldBeLessThan(300_000);
        page.ShouldContain("4936 more layers are not drawn");
        page.ShouldContain("2976 more activations are not drawn");
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Figures_that_are_no_numbers_do_not_spoil_the_page(double odd)
    {
        var usual = ReportStudies.Usual;
        var study = usual with
        {
            Candidates = [.. usual.Candidates.Select(c => c with { Quality = c.Quality is null ? null : c.Quality with { Accuracy = odd, LatencyMs = odd } })],
            Layers = [new LayerError("a", "a", "Conv", odd, odd, odd, odd)],
            Calibrated = new CalibrationFacts(CalibrationMethod.Mse, 1, [new ValueCalibration("v", (float)odd, (float)odd, (float)odd, (float)odd, [odd, 1])]),
            Tolerance = new Dictionary<string, double> { ["y"] = odd },
        };

        Coordinates().Matches(Parse(study).ToString()).ShouldAllBe(m => double.IsFinite(double.Parse(m.Groups["number"].Value, CultureInfo.InvariantCulture)));
    }

    private static XDocument Parse(CompressionStudy study) => XDocument.Parse(HtmlReport.Render(study).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));

    [GeneratedRegex("(href|src|action|data|xlink:href)=\"(?<to>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex References();

    [GeneratedRegex("\\b(x|y|x1|x2|y1|y2|cx|cy|width|height)=\"(?<number>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Coordinates();
}
