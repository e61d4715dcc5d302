using System.Text.Json.Nodes;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Tests.Compression;

namespace EdgeFleet.Tests.Silo.Api;

/// <summary>Models that are well-formed files and still can't be taken: a 422 that names node, tensor or file, and nothing is stored.</summary>
public sealed class BadModelUploadTests(UploadTests.Shared shared) : IClassFixture<UploadTests.Shared>
{
    [Fact]
    public async Task A_wrong_opset() => await Refused(Model([TestModels.Node("Relu", ["x"], "y")], opset: 24), "24");

    [Fact]
    public async Task An_unsupported_operator()
    {
        var node = TestModels.Node("Frobnicate", ["x"], "y");
        await Refused(Model([node]), "Frobnicate", node.Name!);
    }

    [Fact]
    public async Task A_dangling_edge() => await Refused(Model([TestModels.Node("Add", ["x", "ghost"], "y")]), "ghost");

    [Fact]
    public async Task A_cycle() => await Refused(
        Model([TestModels.Node("Add", ["x", "b"], "a"), TestModels.Node("Relu", ["a"], "b"), TestModels.Node("Relu", ["b"], "y")]), "cycle");

    [Fact]
    public async Task NaN_weights() => await Refused(
        Model([TestModels.Node("Add", ["x", "weights"], "y")], OnnxTensor.Of<float>("weights", OnnxElementType.Float, [4], [1, 2, float.NaN, 4])), "weights");

    [Fact]
    public async Task An_initializer_that_claims_2_to_the_40_elements() => await Refused(
        Model([TestModels.Node("Add", ["x", "huge"], "y")], OnnxTensor.OfRaw("huge", OnnxElementType.Float, [1L << 40], new byte[16])), "huge");

    [Theory]
    [InlineData("../secret.bin")]
    [InlineData("/etc/passwd")]
    public async Task External_data_outside_its_folder(string location)
    {
        var tensor = new OnnxTensor { Name = "w", ElementType = OnnxElementType.Float, Dimensions = [4], DataLocation = 1 };
        tensor.ExternalData.Add(new OnnxEntry { Key = "location", Value = location });
        await Refused(Model([TestModels.Node("Add", ["x", "w"], "y")], tensor), location);
    }

    private static byte[] Model(IEnumerable<OnnxNode> nodes, OnnxTensor? constant = null, int opset = 13) =>
        TestModels.Model(nodes, constant is null ? [] : [constant], [4], opset).ToArray();

    private async Task Refused(byte[] model, params string[] named)
    {
        var before = Stored();
        using var form = new MultipartFormDataContent
        {
            { new StringContent("bad"), "name" },
            { new StringContent("1"), "version" },
            { new ByteArrayContent(model), "model", "model.onnx" },
        };
        using var response = await shared.Silo.Http.PostAsync("/api/v1/models", form);
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(422, text);
        foreach (var name in named)
        {
            JsonNode.Parse(text)!["detail"]!.GetValue<string>().ShouldContain(name);
        }

        Stored().ShouldBe(before);
    }

    private List<string> Stored() =>
        [.. Directory.EnumerateFiles(Path.Combine(shared.Silo.Folder, "artifacts"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
