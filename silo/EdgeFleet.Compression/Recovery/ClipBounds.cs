using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Recovery;

/// <summary>Tells which Clip nodes act as Relu: those from 0 whose upper bound is never reached on the calibration samples.</summary>
/// <param name="largest">Largest value seen before a Clip, by the value's name; a Clip without an entry may reach its bound.</param>
internal sealed class ClipBounds(IReadOnlyDictionary<string, float> largest)
{
    public static readonly ClipBounds None = new(new Dictionary<string, float>());

    /// <summary>Runs the samples and looks at what comes before each bounded Clip.</summary>
    public static ClipBounds Collect(ModelGraph graph, SampleFeed feed, IModelRunner runner, CancellationToken cancellationToken)
    {
        var values = graph.Nodes.Where(n => n.Is("Clip") && Bound(graph, n, "min", 1, float.NegativeInfinity) == 0 && float.IsFinite(Upper(graph, n)))
            .Select(n => n.Inputs[0]).Distinct().ToList();
        var ranges = RangeCollector.Collect(graph, values, feed, runner, cancellationToken);
        return new(ranges.ToDictionary(r => r.Key, r => r.Value.Max));
    }

    public bool ActsAsRelu(ModelGraph graph, OnnxNode clip) =>
        Bound(graph, clip, "min", 1, float.NegativeInfinity) == 0
        && (float.IsPositiveInfinity(Upper(graph, clip)) || (largest.TryGetValue(clip.Inputs[0], out var seen) && seen <= Upper(graph, clip)));

    private static float Upper(ModelGraph graph, OnnxNode clip) => Bound(graph, clip, "max", 2, float.PositiveInfinity);

    private static float Bound(ModelGraph graph, OnnxNode clip, string attribute, int input, float open)
    {
        var name = clip.InputOrEmpty(input);
        return name.Length == 0 ? clip.Float(attribute, open)
            : graph.TryFloats(name, out var bound) && bound.Count == 1 ? TensorContent.Floats(bound)[0]
            : float.NaN;
    }
}
