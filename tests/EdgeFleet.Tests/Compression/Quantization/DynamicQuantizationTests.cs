using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Quantization;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Quantization;

public sealed class DynamicQuantizationTests
{
    [Theory]
    [InlineData("MatMul", 0, false, false)]
    [InlineData("MatMul", 0, false, true)]
    [InlineData("Gemm", 0, true, false)]
    [InlineData("Gemm", 1, true, true)]
    [InlineData("Gemm", 1, false, false)]
    public void A_product_becomes_one_fused_kernel_close_to_float(string type, int transB, bool bias, bool perTensor)
    {
        var model = Product(type, transB, bias);
        var expected = TestModels.Run(model, 4, 32);
        Apply(model, perTensor).ShouldBe(1);
        TestModels.LargestDifference(TestModels.Run(model, 4, 32), expected).ShouldBeLessThan(0.03f * expected.Max());
        model.Graph.Initializers.Find(i => i.Name == "y/w_scale")!.Dimensions.ShouldBe(perTensor ? [] : [12]);
        Loaded(model).ShouldBe(["DynamicQuantizeMatMul"]);
    }

    [Theory]
    [InlineData("alpha")]
    [InlineData("beta")]
    public void A_gemm_that_scales_stays_float(string attribute)
    {
        var model = Product("Gemm", 0, true);
        model.Graph.Nodes[0].Attributes.Add(OnnxAttribute.Of(attribute, 2f));
        Apply(model, false).ShouldBe(0);
    }

    [Fact]
    public void A_gemm_that_transposes_its_input_stays_float() => Apply(
        TestModels.Model([TestModels.Node("Gemm", ["x", "w"], "y", OnnxAttribute.Of("transA", 1))], [TestModels.Random("w", 32, 12)], [32, 4]), false).ShouldBe(0);

    [Fact]
    public void A_product_of_activations_stays_float() =>
        Apply(TestModels.Model([TestModels.Node("MatMul", ["x", "x"], "y")], [], [8, 8]), false).ShouldBe(0);

    [Fact]
    public void A_node_that_is_to_stay_float_does() => Apply(Product("MatMul", 0, false), false, "y").ShouldBe(0);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_lstm_is_close_to_float(bool perTensor)
    {
        var model = Recurrent("LSTM", 4);
        var expected = TestModels.Run(model, 5, 2, 24);
        ApplyLstm(model, perTensor).ShouldBe(1);
        TestModels.LargestDifference(TestModels.Run(model, 5, 2, 24), expected).ShouldBeLessThan(0.04f);
        model.Graph.Initializers.Find(i => i.Name == "y/w_scale")!.Dimensions.ShouldBe(perTensor ? [1] : [1, 64]);
    }

    [Fact]
    public void An_lstm_that_is_to_stay_float_does() => ApplyLstm(Recurrent("LSTM", 4), false, "y").ShouldBe(0);

    [Fact]
    public void An_lstm_with_peepholes_stays_float()
    {
        var model = Recurrent("LSTM", 4);
        model.Graph.Initializers.Add(TestModels.Random("p", 1, 48));
        model.Graph.Nodes[0].Inputs.AddRange(["", "", "", "", "p"]);
        ApplyLstm(model, false).ShouldBe(0);
    }

    [Fact]
    public void A_gru_has_no_integer_kernel_and_keeps_its_float_one_with_weights_of_8_bits()
    {
        var model = Recurrent("GRU", 3);
        var expected = TestModels.Run(model, 5, 2, 24);
        var result = TestModels.Produce(new CompressionRequest(model.ToArray(), new CompressionRecipe(CompressionKind.Int8Dynamic) { ShortNames = false }));
        var variant = OnnxModel.Read(result.Model);
        variant.Graph.Nodes.ShouldContain(n => n.OpType == "GRU");
        variant.Graph.Initializers.Where(i => i.ElementType == OnnxElementType.Int8).Select(i => i.Name).ShouldBe(["w/q", "r/q"]);
        TestModels.LargestDifference(TestModels.Run(variant, 5, 2, 24), expected).ShouldBeLessThan(0.02f);
        Loaded(variant).ShouldBe(Loaded(model));
    }

    [Theory]
    [InlineData("vit-fashion", false)]
    [InlineData("vit-fashion", true)]
    [InlineData("lstm-fashion", false)]
    [InlineData("lstm-fashion", true)]
    public void No_two_neighbours_can_saturate_16_bits_on_any_processor(string name, bool perTensor)
    {
        var recipe = new CompressionRecipe(CompressionKind.Int8Dynamic) { PerTensorWeights = perTensor };
        var model = OnnxModel.Read(TestModels.Produce(TestModels.Request(name, CompressionKind.Int8Dynamic, 32) with { Recipe = recipe }).Model);
        var graph = new ModelGraph(model);
        var matrices = model.Graph.Nodes.Where(n => n.OpType is "MatMulInteger" or "DynamicQuantizeLSTM")
            .SelectMany(n => n.OpType == "MatMulInteger" ? new[] { n.Inputs[1] } : [n.Inputs[1], n.Inputs[2]]).Select(w => graph.Constant(w)!).ToList();
        matrices.Count.ShouldBeGreaterThan(2);
        var largest = 0;
        foreach (var matrix in matrices)
        {
            var values = TensorContent.Bytes(matrix).ToArray().Select(b => (int)(sbyte)b).ToArray();
            var (inputs, outputs) = ((int)matrix.Dimensions[^2], (int)matrix.Dimensions[^1]);
            for (var at = 0; at < inputs * outputs; at++)
            {
                for (var next = (at / outputs) + 1; next < inputs && next / 4 == at / outputs / 4; next++)
                {
                    var other = values[(next * outputs) + (at % outputs)];
                    (Math.Sign(values[at]) != Math.Sign(other) || 255 * Math.Abs(values[at] + other) <= short.MaxValue).ShouldBeTrue();
                }
            }

            largest = Math.Max(largest, values.Max(Math.Abs));
        }

        // Finer than seven bits, which is what plain halving gives.
        largest.ShouldBeGreaterThan(80);
    }

    private static OnnxModel Product(string type, int transB, bool bias) => TestModels.Model(
        [TestModels.Node(type, bias ? ["x", "w", "b"] : ["x", "w"], "y", transB == 1 ? [OnnxAttribute.Of("transB", 1)] : [])],
        [transB == 1 ? TestModels.Random("w", 12, 32) : TestModels.Random("w", 32, 12), TestModels.Random("b", 12)],
        [null, 32]);

    private static OnnxModel Recurrent(string type, int gates) => TestModels.Model(
        [TestModels.Node(type, ["x", "w", "r"], "y", OnnxAttribute.Of("hidden_size", 16))],
        [TestModels.Random("w", 1, gates * 16, 24), TestModels.Random("r", 1, gates * 16, 16)],
        [null, 2, 24]);

    private static int Apply(OnnxModel model, bool perTensor, params string[] keepFloat) => Apply(model, facts => new DynamicQuantization(facts, perTensor, keepFloat));

    private static int ApplyLstm(OnnxModel model, bool perTensor, params string[] keepFloat) => Apply(model, facts => new DynamicLstm(facts, perTensor, keepFloat));

    private static int Apply(OnnxModel model, Func<ValueFacts, IGraphPass> pass)
    {
        var graph = TestModels.Graph(model);
        return new PassRunner(graph, null, CancellationToken.None).Run(pass(ValueFacts.Of(graph, TestModels.Runner))).Reports.Single().Changes;
    }

    private static List<string> Loaded(OnnxModel model)
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "loaded.onnx");
        TestModels.Runner.Load(model.ToArray(), new ModelSessionOptions { OptimizedModelPath = path, Optimization = GraphOptimization.Extended }).Dispose();
        return [.. OnnxModel.Read(File.ReadAllBytes(path)).Graph.Nodes.Select(n => n.OpType)];
    }
}
