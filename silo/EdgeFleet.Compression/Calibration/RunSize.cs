using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>How many samples a run over samples takes at once, so that its activations stay small.</summary>
internal static class RunSize
{
    /// <summary>Bytes of all activations of a run together, of which the runtime keeps a part at a time; larger runs are hardly faster.</summary>
    private const long MostBytes = 8 << 20;

    /// <summary>Where the sizes are not known before the model runs.</summary>
    private const int Usual = 8;

    /// <param name="graph">The model that will run.</param>
    /// <param name="feed">The samples.</param>
    /// <returns>Samples, for <see cref="SampleFeed.Batches(int)"/>.</returns>
    public static int Of(ModelGraph graph, SampleFeed feed)
    {
        if (ValueFacts.Inferred(graph) is not { } facts)
        {
            return Usual;
        }

        var all = 0L;
        foreach (var value in graph.Nodes.SelectMany(n => n.Outputs).Where(facts.IsFloat))
        {
            all = Math.Min(MostBytes, all + Bytes(facts.ShapeOf(value) ?? []));
        }

        return (int)Math.Clamp(MostBytes / Math.Max(1, all) * feed.LeastBatch, 1, int.MaxValue);
    }

    /// <summary>Of one sample, the most where it is more: free dimensions count as 1.</summary>
    private static long Bytes(IReadOnlyList<long> shape)
    {
        var bytes = (long)sizeof(float);
        foreach (var dimension in shape)
        {
            bytes = dimension <= 1 ? bytes : dimension > MostBytes / bytes ? MostBytes : bytes * dimension;
        }

        return bytes;
    }
}
