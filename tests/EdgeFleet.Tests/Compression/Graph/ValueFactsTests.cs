using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Tests.Compression.Fuzz;

namespace EdgeFleet.Tests.Compression.Graph;

/// <summary>What the engine infers alone is what the runtime says.</summary>
public sealed class ValueFactsTests
{
    public static TheoryData<string> Models => [.. TestModels.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void Types_ranks_and_dimensions_of_real_models_are_inferred_without_the_runtime(string name)
    {
        var prepared = new VariantBuilder(TestModels.Runner, null, CancellationToken.None).Prepare(TestModels.Bytes(name)).Model;
        var graph = new ModelGraph(OnnxModel.Read(prepared));
        ValueFacts.Inferred(graph).ShouldNotBeNull();
        Disagreements(graph).ShouldBeEmpty();
    }

    [Fact]
    public void They_are_the_runtime_s_on_random_models()
    {
        var inferred = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            var graph = new ModelGraph(RandomGraphs.Make(seed).Model);
            inferred += ValueFacts.Inferred(graph) is null ? 0 : 1;
            Disagreements(graph).ShouldBeEmpty($"seed {seed}");
        }

        inferred.ShouldBeGreaterThan(50);
    }

    [Fact]
    public void One_value_that_is_not_known_leaves_all_to_the_runtime()
    {
        // The number of elements that are not zero is known only when the model runs.
        var model = TestModels.Model(
            [TestModels.Node("NonZero", ["x"], "n"), TestModels.Node("Cast", ["n"], "y", OnnxAttribute.Of("to", 1))], [], [null, 4]);
        var graph = new ModelGraph(model);
        ValueFacts.Inferred(graph).ShouldBeNull();
        ValueFacts.Of(graph, TestModels.Runner).TypeOf("n").ShouldBe(OnnxElementType.Int64);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Inputs_are_declared_as_the_runtime_reports_them(string name)
    {
        var bytes = TestModels.Bytes(name);
        using var session = TestModels.Runner.Load(bytes, new ModelSessionOptions());
        var declared = ModelInputs.Of(OnnxModel.Read(bytes));
        declared.Select(i => (i.Name, i.ElementType, string.Join(',', i.Dimensions)))
            .ShouldBe(session.Inputs.Select(i => (i.Name, i.ElementType, string.Join(',', i.Dimensions))));
    }

    /// <summary>The runtime may know a dimension that the engine has as a symbol, or the other way round; where both know it, it is the same.</summary>
    private static List<string> Disagreements(ModelGraph graph)
    {
        if (ValueFacts.Inferred(graph) is not { } inferred)
        {
            return [];
        }

        var asked = ValueFacts.Asked(graph, TestModels.Runner);
        return [.. graph.Nodes.SelectMany(n => n.Outputs).Where(v => v.Length > 0).Where(v =>
            inferred.TypeOf(v) != asked.TypeOf(v)
            || (asked.RankOf(v) is { } rank && inferred.RankOf(v) != rank)
            || (asked.ShapeOf(v) ?? []).Zip(inferred.ShapeOf(v) ?? []).Any(d => d.First >= 0 && d.Second >= 0 && d.First != d.Second))];
    }
}
