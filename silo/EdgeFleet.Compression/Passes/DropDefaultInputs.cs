using EdgeFleet.Compression.Graph;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Graph input with an initializer -> initializer alone.
/// Such an input is a default that a caller may override (and until IR 4 every initializer looked like that); on a device nobody
/// does, and only what is constant can be folded or quantized.
/// </summary>
internal sealed class DropDefaultInputs : IGraphPass
{
    public string Name => "drop-default-inputs";

    public bool Reveals => true;

    public int Apply(ModelGraph graph)
    {
        var constants = graph.Graph.Initializers.Select(i => i.Name).ToHashSet();
        var defaults = graph.Graph.Inputs.FindAll(i => constants.Contains(i.Name));
        defaults.ForEach(graph.DropInput);
        return defaults.Count;
    }
}
