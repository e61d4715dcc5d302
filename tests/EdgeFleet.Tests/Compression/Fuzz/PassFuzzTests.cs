using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Fuzz;

public sealed class PassFuzzTests
{
    private const int PerCase = 50;

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    [InlineData(100)]
    [InlineData(150)]
    [InlineData(200)]
    [InlineData(250)]
    public void Random_models_give_the_same_answers_after_every_pass(int first) =>
        PassFuzz.Failures(first, PerCase, CancellationToken.None).ShouldBeEmpty();

    [Fact]
    public void Random_models_use_every_pass()
    {
        var used = new HashSet<string>();
        for (var seed = 0; seed < 150; seed++)
        {
            var bytes = RandomGraphs.Make(seed).Model.ToArray();
            foreach (var make in PassFuzz.Passes)
            {
                var graph = new ModelGraph(OnnxModel.Read(bytes));
                var pass = make(graph);
                if (pass.Apply(graph) > 0)
                {
                    used.Add(pass.Name);
                }
            }
        }

        // Only models written by hand have defaults for their inputs.
        PassFuzz.Passes.Select(make => make(new ModelGraph(RandomGraphs.Make(0).Model)).Name).Except(used).ShouldBe(["drop-default-inputs"]);
    }

    [Fact]
    public void Every_pass_that_prepares_models_is_tried_alone_too()
    {
        var model = RandomGraphs.Make(0).Model;
        var alone = PassFuzz.Passes.Select(make => make(new ModelGraph(model)).Name);
        var prepared = new VariantBuilder(TestModels.Runner, null, CancellationToken.None).Prepare(model.ToArray()).Passes.Select(p => p.Name);

        // Random models have no functions and no subgraphs.
        prepared.Except(alone).ShouldBe(["inline-functions", "distinct-names"]);
    }

    [Fact]
    public void A_difference_that_rounding_explains_is_none()
    {
        // Normalizes rows of a padded image that are constant, twice: one unit in the last place of a folded bias becomes 0.0012.
        PassFuzz.Failures(110022, 1, CancellationToken.None).ShouldBeEmpty();
        var (model, inputs, _) = RandomGraphs.Make(110022);
        RoundingNoise.Of(model.ToArray(), inputs).Values.Max().ShouldBeGreaterThan(3e-4);
    }

    [Fact]
    public void Rounding_explains_little_in_a_model_without_cancellation()
    {
        var model = TestModels.Model([TestModels.Node("Conv", ["x", "w"], "c"), TestModels.Node("Sigmoid", ["c"], "y")], [TestModels.Random("w", 4, 3, 3, 3)], [null, 3, 6, 6]);
        var x = ModelTensor.OfFloats("x", [2, 3, 6, 6], TensorContent.Floats(TestModels.Random("x", 2, 3, 6, 6)));
        RoundingNoise.Of(model.ToArray(), [x])["y"].ShouldBeInRange(1e-9, 1e-5);
    }

    [Fact]
    public void The_same_seed_gives_the_same_model() =>
        RandomGraphs.Make(7).Model.ToArray().ShouldBe(RandomGraphs.Make(7).Model.ToArray());
}
