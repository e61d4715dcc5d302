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

        // Random models have no functions.
        prepared.Except(alone).ShouldBe(["inline-functions"]);
    }

    [Fact]
    public void The_same_seed_gives_the_same_model() =>
        RandomGraphs.Make(7).Model.ToArray().ShouldBe(RandomGraphs.Make(7).Model.ToArray());
}
