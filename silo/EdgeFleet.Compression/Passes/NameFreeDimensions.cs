using EdgeFleet.Compression.Graph;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Graph input with a dimension that is neither fixed nor named -> the same dimension with a name of its own.
/// Conditions: none; no two get the same name, so nothing is claimed about them.
/// ONNX Runtime 1.30 compares shapes by their names when it plans memory: where a batch has none it finds no two activations alike,
/// reuses nothing, and searches a list that grows with each node. A chain of 1,600 convolutions then takes 2.5 s to load, with a
/// name 0.1 s; the plan is made on every device.
/// </summary>
internal sealed class NameFreeDimensions : IGraphPass
{
    public string Name => "name-free-dimensions";

    public int Apply(ModelGraph graph)
    {
        var taken = graph.Graph.Inputs.SelectMany(i => i.Type?.Tensor?.Shape?.Dimensions ?? []).Select(d => d.Parameter ?? "").ToHashSet();
        var (changes, number) = (0, 0);
        foreach (var dimension in graph.Graph.Inputs.SelectMany(i => i.Type?.Tensor?.Shape?.Dimensions ?? []).Where(d => d.Value is null && string.IsNullOrEmpty(d.Parameter)))
        {
            string name;
            do
            {
                name = $"d{number++}";
            }
            while (!taken.Add(name));
            dimension.Parameter = name;
            changes++;
        }

        return changes;
    }
}
