using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Quantization.WeightOnly;

namespace EdgeFleet.Tests.Compression.Quantization.WeightOnly;

public sealed class WeightOnlyPlanTests
{
    private static readonly WeightOnlySettings s_four = new(4, 32, []);

    [Theory]
    [InlineData(256, 256, true)]
    [InlineData(128, 128, false)]
    public void Only_a_large_matrix_that_meets_one_row_goes_into_the_kernel(int columns, int rows, bool blocked) =>
        Form(Gemm(columns, rows)).ShouldBe(blocked ? WeightForm.Blocked : WeightForm.Unpacked);

    [Theory]
    [InlineData("alpha")]
    [InlineData("beta")]
    public void A_gemm_that_scales_keeps_its_float_kernel(string attribute) =>
        Form(Gemm(256, 256, OnnxAttribute.Of(attribute, 2f))).ShouldBe(WeightForm.Unpacked);

    [Fact]
    public void A_gemm_that_transposes_its_input_keeps_its_float_kernel() =>
        Form(TestModels.Model(
            [TestModels.Node("Gemm", ["x", "w"], "y", OnnxAttribute.Of("transA", 1))], [TestModels.Random("w", 256, 256)], [256, 1])).ShouldBe(WeightForm.Unpacked);

    [Fact]
    public void A_matrix_that_meets_many_rows_keeps_its_float_kernel() =>
        Form(TestModels.Model([TestModels.Node("MatMul", ["x", "w"], "y")], [TestModels.Random("w", 256, 256)], [null, 17, 256])).ShouldBe(WeightForm.Unpacked);

    [Theory]
    [InlineData(256 * 256, true)]
    [InlineData((256 * 256) + 1, false)]
    public void A_matrix_that_meets_many_rows_goes_into_the_kernel_where_memory_counts(long blockedFrom, bool blocked)
    {
        var model = TestModels.Model([TestModels.Node("MatMul", ["x", "w"], "y")], [TestModels.Random("w", 256, 256)], [null, 17, 256]);
        var expected = TestModels.Run(model, 2, 17, 256);
        Apply(model, new(8, 32, []) { BlockedFrom = blockedFrom }).ShouldBe(1);
        model.Graph.Nodes.Exists(n => n.OpType == "MatMulNBits").ShouldBe(blocked);

        // As devices load it: unoptimized, the runtime packs the matrix before it knows its scales, and multiplies by none.
        using var session = TestModels.Runner.Load(model.ToArray(), new ModelSessionOptions());
        var input = new ModelTensor("x", OnnxElementType.Float, [2, 17, 256], TensorContent.Bytes(TestModels.Random("x", 2, 17, 256)));
        TestModels.LargestDifference(session.Run([input], [], CancellationToken.None)[0].Floats.ToArray(), expected).ShouldBeLessThan(0.02f * expected.Max());
    }

    [Fact]
    public void A_matrix_used_in_two_ways_is_unpacked_once()
    {
        var model = TestModels.Model(
            [TestModels.Node("MatMul", ["x", "w"], "a"), TestModels.Node("Gemm", ["a", "w"], "y", OnnxAttribute.Of("transB", 1))],
            [TestModels.Random("w", 256, 256)],
            [null, 256]);
        var expected = TestModels.Run(model, 2, 256);
        Form(model).ShouldBe(WeightForm.Unpacked);
        Apply(model, s_four);
        model.Graph.Nodes.Count(n => n.OpType == "Reshape").ShouldBe(1);
        TestModels.LargestDifference(TestModels.Run(model, 2, 256), expected).ShouldBeLessThan(0.12f * expected.Max());
    }

    [Fact]
    public void A_matrix_that_two_products_share_is_packed_once()
    {
        var model = TestModels.Model(
            [TestModels.Node("MatMul", ["x", "w"], "a"), TestModels.Node("MatMul", ["a", "w"], "y")], [TestModels.Random("w", 256, 256)], [null, 256]);
        Form(model).ShouldBe(WeightForm.Blocked);
        Apply(model, s_four);
        model.Graph.Nodes.Count(n => n.OpType == "MatMulNBits").ShouldBe(2);
        model.Graph.Initializers.Count(i => i.ElementType == OnnxElementType.UInt8).ShouldBe(1);
    }

    [Fact]
    public void Weights_used_within_a_branch_are_unpacked_for_it_too()
    {
        var branch = new OnnxGraph { Name = "branch" };
        branch.Nodes.Add(TestModels.Node("MatMul", ["x", "w"], "inner"));
        branch.Outputs.Add(new OnnxValueInfo { Name = "inner", Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = 1 } } });
        var model = TestModels.Model(
            [
                TestModels.Node("If", ["yes"], "a", OnnxAttribute.Of("then_branch", branch), OnnxAttribute.Of("else_branch", branch)),
                TestModels.Node("MatMul", ["x", "w"], "b"), TestModels.Node("Add", ["a", "b"], "y"),
            ],
            [TestModels.Random("w", 256, 256), OnnxTensor.OfRaw("yes", OnnxElementType.Bool, [], new byte[] { 1 })],
            [null, 256]);
        var expected = TestModels.Run(model, 2, 256);
        Apply(model, new(8, 32, []));
        model.Graph.Initializers.ShouldNotContain(i => i.Name == "w");
        TestModels.LargestDifference(TestModels.Run(model, 2, 256), expected).ShouldBeLessThan(0.01f * expected.Max());
    }

    [Theory]
    [InlineData("Conv", 4)]
    [InlineData("ConvTranspose", 4)]
    [InlineData("Conv", 8)]
    public void Convolutions_take_part(string type, int bits)
    {
        var model = TestModels.Model([TestModels.Node(type, ["x", "w"], "y")], [TestModels.Random("w", 16, 16, 3, 3)], [null, 16, 6, 6]);
        var expected = TestModels.Run(model, 1, 16, 6, 6);
        Apply(model, new(bits, 32, [])).ShouldBe(1);
        var size = model.Graph.Initializers.Find(i => i.Name == "w/q")!;
        size.RawData!.Value.Length.ShouldBe(16 * 16 * 9 * bits / 8);
        TestModels.LargestDifference(TestModels.Run(model, 1, 16, 6, 6), expected).ShouldBeLessThan((bits == 4 ? 0.12f : 0.01f) * expected.Max());
    }

    [Fact]
    public void Rows_of_an_odd_length_take_8_bits()
    {
        var model = TestModels.Model([TestModels.Node("Conv", ["x", "w"], "y", OnnxAttribute.Of("group", 64))], [TestModels.Random("w", 64, 1, 3, 3)], [null, 64, 6, 6]);
        Apply(model, s_four).ShouldBe(1);
        model.Graph.Initializers.Find(i => i.Name == "w/q")!.ElementType.ShouldBe(OnnxElementType.Int8);
    }

    [Fact]
    public void Weights_of_a_node_that_stays_float_stay_float() => Apply(Gemm(256, 256), new(4, 32, ["y"])).ShouldBe(0);

    [Fact]
    public void Weights_too_small_to_save_bytes_stay_float() => Apply(Gemm(10, 10), s_four).ShouldBe(0);

    [Fact]
    public void Weights_that_are_an_output_stay_float()
    {
        var model = Gemm(256, 256);
        model.Graph.Outputs.Add(OnnxValueInfo.Tensor("w", OnnxElementType.Float, [256, 256]));
        Apply(model, s_four).ShouldBe(0);
    }

    [Fact]
    public void Products_of_activations_are_left_alone() =>
        Apply(TestModels.Model([TestModels.Node("MatMul", ["x", "x"], "y")], [], [256, 256]), s_four).ShouldBe(0);

    [Fact]
    public void Weights_of_another_type_are_left_alone()
    {
        var w = OnnxTensor.Of<double>("w", OnnxElementType.Double, [100, 100], new double[10000]);
        OnnxNode Cast(string from, string to, OnnxElementType type) => TestModels.Node("Cast", [from], to, OnnxAttribute.Of("to", (long)type));
        Apply(
            TestModels.Model(
                [Cast("x", "d", OnnxElementType.Double), TestModels.Node("MatMul", ["d", "w"], "p"), Cast("p", "y", OnnxElementType.Float)], [w], [null, 100]),
            s_four).ShouldBe(0);
    }

    private static OnnxModel Gemm(int columns, int rows, params OnnxAttribute[] attributes) => TestModels.Model(
        [TestModels.Node("Gemm", ["x", "w", "b"], "y", attributes)], [TestModels.Random("w", columns, rows), TestModels.Random("b", rows)], [null, columns]);

    private static WeightForm Form(OnnxModel model)
    {
        var graph = TestModels.Graph(model);
        return WeightOnlyPlan.Of(graph, ValueFacts.Of(graph, TestModels.Runner), s_four).Single().Form;
    }

    private static int Apply(OnnxModel model, WeightOnlySettings settings)
    {
        var graph = TestModels.Graph(model);
        var plan = WeightOnlyPlan.Of(graph, ValueFacts.Of(graph, TestModels.Runner), settings);
        var runner = new PassRunner(graph, null, CancellationToken.None)
            .Run(new WeightOnlyQuantization(plan, p => NearestRounding.Round(p.Matrix.ToRows(), p.Matrix.Rows, p.Matrix.Columns, p.Grid)));
        return runner.Reports.Single().Changes;
    }
}
