using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Quantization.WeightOnly;

namespace EdgeFleet.Tests.Compression.Quantization.WeightOnly;

/// <summary>Each form, run by ONNX Runtime: rows of the identity bring out the weights that the form stands for.</summary>
public sealed class WeightFormTests
{
    [Theory]
    [InlineData(4, 16, 64, true)]
    [InlineData(4, 16, 40, true)]
    [InlineData(4, 16, 40, false)]
    [InlineData(4, 32, 96, false)]
    [InlineData(4, 128, 100, true)]
    [InlineData(8, 16, 40, true)]
    [InlineData(8, 16, 40, false)]
    [InlineData(8, 64, 64, true)]
    public void MatMulNBits_reads_our_blocks_as_we_wrote_them(int bits, int block, int columns, bool symmetric)
    {
        var (model, matrix) = Product("Gemm", columns, 6, transB: 1);
        var graph = TestModels.Graph(model);
        var weights = Rounded(matrix, new(bits, block, symmetric, true));
        new WeightOnlyQuantization([new(matrix, weights.Grid, WeightForm.Blocked)], _ => weights).Apply(graph).ShouldBe(1);
        graph.Commit();
        GraphVerifier.Verify(model);
        graph.Nodes.Select(n => n.OpType).ShouldBe(weights.Scales.Length >= 64 ? ["Cast", "MatMulNBits"] : ["MatMulNBits"]);
        TestModels.LargestDifference(Identity(model, columns), Outputs(weights)).ShouldBeLessThan(1e-6f);
    }

    [Theory]
    [InlineData("Gemm", 4, 1, true)]
    [InlineData("Gemm", 4, 0, true)]
    [InlineData("Gemm", 4, 0, false)]
    [InlineData("Gemm", 4, 1, false)]
    [InlineData("MatMul", 4, 0, true)]
    [InlineData("Gemm", 8, 1, true)]
    [InlineData("MatMul", 8, 0, true)]
    public void Plain_operators_unpack_to_exactly_the_levels_written(string type, int bits, int transB, bool symmetric)
    {
        var (model, matrix) = Product(type, 96, 10, transB);
        var graph = TestModels.Graph(model);
        var weights = Rounded(matrix, new(bits, bits == 4 ? 16 : 96, symmetric, true));
        new WeightOnlyQuantization([new(matrix, weights.Grid, WeightForm.Unpacked)], _ => weights).Apply(graph);
        graph.Commit();
        GraphVerifier.Verify(model);
        Identity(model, 96).ShouldBe(Outputs(weights));
    }

    [Theory]
    [InlineData("MatMul", 2, true)]
    [InlineData("MatMul", 1, true)]
    [InlineData("Gemm", 2, true)]
    [InlineData("Gemm", 0, true)]
    public void A_bias_goes_into_the_kernel(string type, int biasRank, bool fused)
    {
        var (model, expected) = WithBias(type, biasRank == 0 ? [] : biasRank == 1 ? [6] : [1, 6]);
        model.Graph.Nodes.Select(n => n.OpType).ShouldBe(biasRank == 0 ? ["MatMulNBits", "Add"] : fused ? ["MatMulNBits"] : []);
        TestModels.LargestDifference(TestModels.Run(model, 3, 64), expected).ShouldBeLessThan(0.05f);
    }

    [Fact]
    public void Another_addend_is_added_afterwards()
    {
        var (model, _) = WithBias("MatMul", [3, 6]);
        model.Graph.Nodes.Select(n => n.OpType).ShouldBe(["MatMulNBits", "Add"]);
    }

    [Fact]
    public void A_product_that_is_an_output_itself_keeps_its_name()
    {
        var (model, matrix) = Product("MatMul", 64, 6, 0);
        model.Graph.Nodes.Add(TestModels.Node("Add", ["y", "b"], "z"));
        model.Graph.Initializers.Add(TestModels.Random("b", 6));
        model.Graph.Outputs.Add(new OnnxValueInfo { Name = "z", Type = model.Graph.Outputs[0].Type });
        var graph = TestModels.Graph(model);
        var weights = Rounded(matrix, new(8, 32, true, true));
        new WeightOnlyQuantization([new(matrix, weights.Grid, WeightForm.Blocked)], _ => weights).Apply(graph);
        graph.Commit();
        graph.Producer("y")!.OpType.ShouldBe("MatMulNBits");
        graph.Producer("z")!.OpType.ShouldBe("Add");
        GraphVerifier.Verify(model);
    }

    [Fact]
    public void An_embedding_looks_up_8_bits_and_one_scale_per_row()
    {
        var table = TestModels.Random("w", 50, 24);
        var model = TestModels.Model(
            [TestModels.Node("Cast", ["x"], "i", OnnxAttribute.Of("to", (long)OnnxElementType.Int64)), TestModels.Node("Gather", ["w", "i"], "y")], [table], [null, 3]);
        var graph = TestModels.Graph(model);
        var plan = WeightOnlyPlan.Of(graph, ValueFacts.Of(graph, TestModels.Runner), new(4, 32, []));
        plan.Single().Form.ShouldBe(WeightForm.Embedding);
        new PassRunner(graph, null, CancellationToken.None).Run(new WeightOnlyQuantization(plan, new WeightRounder(WeightRounding.Nearest).Round));
        model.Graph.Initializers.ShouldNotContain(table);
        using var session = TestModels.Runner.Load(model.ToArray(), new ModelSessionOptions());
        var found = session.Run([ModelTensor.OfFloats("x", [2, 3], [0, 49, 7, 7, -50, 1])], [], CancellationToken.None)[0].Floats.ToArray();
        var floats = TensorContent.Floats(table).ToArray();
        TestModels.LargestDifference(found, [.. new[] { 0, 49, 7, 7, 0, 1 }.SelectMany(r => floats[(r * 24)..((r + 1) * 24)])]).ShouldBeLessThan(1f / 254);
    }

    private static (OnnxModel Model, float[] Expected) WithBias(string type, long[] bias)
    {
        var (model, matrix) = Product(type, 64, 6, transB: 0);
        model.Graph.Initializers.Add(TestModels.Random("b", bias));
        var node = model.Graph.Nodes[0];
        if (type == "Gemm")
        {
            node.Inputs.Add("b");
        }
        else
        {
            node.Outputs[0] = "product";
            model.Graph.Nodes.Add(TestModels.Node("Add", ["b", "product"], "y"));
        }

        var expected = TestModels.Run(model, 3, 64);
        var graph = TestModels.Graph(model);
        var weights = Rounded(matrix, new(8, 32, true, true));
        new WeightOnlyQuantization([new(matrix, weights.Grid, WeightForm.Blocked)], _ => weights).Apply(graph);
        graph.Commit();
        GraphVerifier.Verify(model);
        return (model, expected);
    }

    private static (OnnxModel Model, WeightMatrix Matrix) Product(string type, int columns, int rows, int transB)
    {
        var weights = transB == 1 ? TestModels.Random("w", rows, columns) : TestModels.Random("w", columns, rows);
        OnnxAttribute[] attributes = transB == 1 ? [OnnxAttribute.Of("transB", 1)] : [];
        var model = TestModels.Model([TestModels.Node(type, ["x", "w"], "y", attributes)], [weights], [null, columns]);
        return (model, WeightMatrix.Of(TestModels.Graph(model), model.Graph.Nodes[0]).Single());
    }

    private static BlockWeights Rounded(WeightMatrix matrix, BlockGrid grid) => NearestRounding.Round(matrix.ToRows(), matrix.Rows, matrix.Columns, grid);

    /// <summary>What the identity gives: [columns, rows].</summary>
    private static float[] Outputs(BlockWeights weights) =>
        [.. Enumerable.Range(0, weights.Columns).SelectMany(c => Enumerable.Range(0, weights.Rows).Select(r => weights.At(r, c)))];

    private static float[] Identity(OnnxModel model, int columns)
    {
        var values = new float[columns * columns];
        for (var i = 0; i < columns; i++)
        {
            values[(i * columns) + i] = 1;
        }

        using var session = TestModels.Runner.Load(model.ToArray(), new ModelSessionOptions());
        return session.Run([ModelTensor.OfFloats("x", [columns, columns], values)], [], CancellationToken.None)[0].Floats.ToArray();
    }
}
