using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Tests.Compression.Recovery;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Quantization;

public sealed class QuantizationPlannerTests
{
    [Theory]
    [InlineData("Relu", "Exp")]
    [InlineData("Relu", "Gemm")]
    [InlineData("Sigmoid", "Exp")]
    [InlineData("Relu", "")]
    public void A_gemm_runs_on_integers_whatever_float_operators_follow(string activation, string reader)
    {
        var made = new RecoveryCase(Model(activation, reader));
        var variant = made.Build(new CompressionRecipe(CompressionKind.Int8) { KeepFloat = ["y"] });
        var operators = Optimized(variant.Model);
        operators.ShouldContain("QGemm");
        operators.ShouldNotContain("FusedGemm");
        var expected = Run(made.Prepared.Model, made);
        TestModels.LargestDifference(Run(variant.Model, made), expected).ShouldBeLessThan(0.05f * expected.Max(Math.Abs));
    }

    [Theory]
    [InlineData("Relu", "Exp", 2)]
    [InlineData("Relu", "", 1)]
    [InlineData("Sigmoid", "Exp", 1)]
    [InlineData("", "Exp", 1)]
    public void Only_a_relu_with_a_float_reader_is_quantized_for_that(string activation, string reader, int quantized) =>
        OnnxModel.Read(new RecoveryCase(Model(activation, reader)).Build(CompressionKind.Int8).Model).Graph.Nodes.Count(n => n.OpType == "QuantizeLinear").ShouldBe(quantized);

    private static OnnxModel Model(string activation, string reader)
    {
        List<(string Type, string[] Constants)> steps = [("Gemm", ["w", "b"])];
        steps.AddRange(activation.Length > 0 ? [(activation, [])] : Array.Empty<(string, string[])>());
        steps.AddRange(reader.Length > 0 ? [(reader, reader == "Gemm" ? ["v"] : [])] : Array.Empty<(string, string[])>());
        var nodes = steps.Select((s, i) => TestModels.Node(
            s.Type, [i == 0 ? "x" : $"s{i - 1}", .. s.Constants], i == steps.Count - 1 ? "y" : $"s{i}"));
        return TestModels.Model(nodes, [TestModels.Random("w", 32, 16), TestModels.Random("b", 16), TestModels.Random("v", 16, 8)], [null, 32]);
    }

    private static float[] Run(byte[] model, RecoveryCase made)
    {
        using var session = TestModels.Runner.Load(model, new ModelSessionOptions());
        return session.Run(made.Feed.Batch(0, made.Feed.BatchSize), [], default)[0].Floats.ToArray();
    }

    private static List<string> Optimized(byte[] model)
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "optimized.onnx");
        TestModels.Runner.Load(model, new ModelSessionOptions { OptimizedModelPath = path, Optimization = GraphOptimization.Extended }).Dispose();
        return OnnxModel.Read(File.ReadAllBytes(path)).Graph.Nodes.ConvertAll(n => n.OpType);
    }
}
