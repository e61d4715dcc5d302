using EdgeFleet.Compression;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Mutated models that still verify go through every pass that needs no runtime, and verify after each, bytes included.</summary>
internal sealed class PassTarget : ModelTarget
{
    /// <summary>All passes that can be made out of nothing, in an order that is the same everywhere.</summary>
    private static readonly Type[] s_passes = [.. typeof(IGraphPass).Assembly.GetTypes()
        .Where(t => t.IsAssignableTo(typeof(IGraphPass)) && t is { IsAbstract: false, IsInterface: false } && t.GetConstructor(Type.EmptyTypes) is not null)
        .OrderBy(t => t.FullName, StringComparer.Ordinal)];

    private readonly IGraphPass[] _passes = [.. s_passes.Select(t => (IGraphPass)Activator.CreateInstance(t)!)];

    public override string Name => "passes";

    public override double Share => 25;

    public override bool Take(ReadOnlyMemory<byte> input)
    {
        ModelGraph graph;
        try
        {
            var model = OnnxModel.Read(input);
            GraphVerifier.Verify(model);
            graph = new ModelGraph(model);
        }
        catch (CompressionInputException)
        {
            return false;
        }

        // The order of the passes goes by the input, so that a saved input shows the same failure again.
        var order = new FuzzRandom((ulong)input.Length);
        var passes = _passes.ToArray();
        for (var i = passes.Length - 1; i > 0; i--)
        {
            var j = order.Below(i + 1);
            (passes[i], passes[j]) = (passes[j], passes[i]);
        }

        try
        {
            var runner = new PassRunner(graph, null, CancellationToken.None);
            foreach (var pass in passes)
            {
                runner.Run(pass);
            }
        }
        catch (CompressionInputException)
        {
            return false;
        }

        var read = OnnxModel.Read(graph.Model.ToArray());
        return GraphVerifier.Problems(read).FirstOrDefault() is not { } problem
            ? true
            : throw new FuzzFailureException($"The passes made a model that is not acceptable: {problem.Message}");
    }
}
