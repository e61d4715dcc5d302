using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Quantization.WeightOnly;

namespace EdgeFleet.Tests.Compression.Quantization.WeightOnly;

public sealed class FittedRoundingTests
{
    [Theory]
    [InlineData("resnet8-fashion-bn", 0.5)]
    [InlineData("mobilenetv2-fashion-bn", 0.5)]
    [InlineData("vit-fashion", 0.7)]
    public void Gptq_changes_the_outputs_of_real_layers_less_than_nearest(string name, double share)
    {
        var (graph, plan) = Plan(name);
        using var session = TestModels.Runner.Load(TestModels.Bytes(name), new ModelSessionOptions());
        var feed = SampleFeed.Create(session.Inputs, [TestModels.Samples(name)], 64);
        double together = 0, layers = 0;
        foreach (var gram in GramCollector.Collect(graph, plan.Keys, feed, TestModels.Runner, GramCollector.DefaultBudgetBytes, CancellationToken.None))
        {
            var (matrix, grid, _) = plan[gram.Layer];
            var weights = matrix.ToRows().ToArray();
            var fitted = Error(weights, GptqRounding.Round(weights, grid, gram), gram);
            var nearest = Error(weights, NearestRounding.Round(weights, matrix.Rows, matrix.Columns, grid), gram);
            fitted.ShouldBeLessThanOrEqualTo(nearest);
            (together, layers) = (together + (fitted / nearest), layers + 1);
        }

        layers.ShouldBeGreaterThan(8);
        (together / layers).ShouldBeLessThan(share);
    }

    [Theory]
    [InlineData("resnet8-fashion-bn")]
    [InlineData("vit-fashion")]
    public void Hqq_has_a_smaller_robust_norm_than_nearest_on_real_layers(string name)
    {
        foreach (var symmetric in new[] { true, false })
        {
            double together = 0, before = 0;
            foreach (var (matrix, grid, _) in Plan(name, symmetric).Plan.Values)
            {
                var weights = matrix.ToRows().ToArray();
                var (robust, nearest) = (HqqRounding.Round(weights, matrix.Rows, matrix.Columns, grid), NearestRounding.Round(weights, matrix.Rows, matrix.Columns, grid));
                Norm(weights, robust).ShouldBeLessThanOrEqualTo(Norm(weights, nearest));
                (together, before) = (together + Norm(weights, robust), before + Norm(weights, nearest));
            }

            together.ShouldBeLessThan(before * 0.98);
        }
    }

    [Fact]
    public void Inputs_that_never_move_leave_every_weight_at_its_nearest_level()
    {
        var weights = TensorContent.Floats(TestModels.Random("w", 4, 32)).ToArray();
        var grid = new BlockGrid(4, 16, true, true);
        var fitted = GptqRounding.Round(weights, grid, new LayerGram(TestModels.Node("MatMul", ["x", "w"], "y"), 1, 32, 10, new double[32 * 32]));
        fitted.Levels.ShouldBe(NearestRounding.Round(weights, 4, 32, grid).Levels);
    }

    [Fact]
    public void One_dead_input_among_others_keeps_its_weights()
    {
        var weights = TensorContent.Floats(TestModels.Random("w", 4, 32)).ToArray();
        var moments = new double[32 * 32];
        for (var i = 0; i < 31; i++)
        {
            moments[(i * 32) + i] = 1 + i;
        }

        var fitted = GptqRounding.Round(weights, new(8, 32, true, true), new LayerGram(TestModels.Node("MatMul", ["x", "w"], "y"), 1, 32, 10, moments));
        for (var row = 0; row < 4; row++)
        {
            fitted.At(row, 31).ShouldBe(weights[(row * 32) + 31], 0.01f);
        }
    }

    [Fact]
    public void The_factor_multiplied_with_itself_is_the_inverse()
    {
        const int n = 20;
        var x = TensorContent.Floats(TestModels.Random("x", 30, n)).ToArray();
        var matrix = new double[n * n];
        for (var i = 0; i < n * n; i++)
        {
            matrix[i] = Enumerable.Range(0, 30).Sum(r => (double)x[(r * n) + (i / n)] * x[(r * n) + (i % n)]);
        }

        var factor = InverseFactor.Of(matrix, n)!;
        var damping = 0.01 * Enumerable.Range(0, n).Average(i => matrix[(i * n) + i]);
        for (var i = 0; i < n * n; i++)
        {
            // (H + d I) U^T U, element by element.
            var (row, column) = (i / n, i % n);
            var product = Enumerable.Range(0, n).Sum(j =>
                (matrix[(row * n) + j] + (row == j ? damping : 0)) * Enumerable.Range(0, n).Sum(k => factor[(k * n) + j] * factor[(k * n) + column]));
            product.ShouldBe(row == column ? 1 : 0, 1e-9);
            (row <= column || factor[i] == 0).ShouldBeTrue();
        }
    }

    [Fact]
    public void A_matrix_of_zeros_has_no_factor() => InverseFactor.Of(new double[16], 4).ShouldBeNull();

    private static (ModelGraph Graph, Dictionary<OnnxNode, PlannedWeight> Plan) Plan(string name, bool symmetric = true)
    {
        var prepared = new VariantBuilder(TestModels.Runner, null, CancellationToken.None).Prepare(TestModels.Bytes(name));
        var graph = new ModelGraph(OnnxModel.Read(prepared.Model));
        var plan = WeightOnlyPlan.Of(graph, ValueFacts.Of(graph, TestModels.Runner), new(4, 32, []) { Symmetric = symmetric });
        return (graph, plan.Where(p => p.Grid.Bits == 4).ToDictionary(p => p.Matrix.Node));
    }

    private static double Error(float[] weights, BlockWeights rounded, LayerGram gram) => Enumerable.Range(0, rounded.Rows)
        .Sum(row => GptqRounding.OutputError(weights, rounded, row, gram.Group(row / (rounded.Rows / gram.Groups))));

    private static double Norm(float[] weights, BlockWeights rounded) => weights
        .Select((w, i) => Math.Pow(Math.Abs(w - rounded.At(i / rounded.Columns, i % rounded.Columns)), HqqRounding.Power)).Sum();
}
