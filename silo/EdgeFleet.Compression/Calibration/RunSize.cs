using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>How many samples a run over samples takes at once, so that its activations stay small.</summary>
internal static class RunSize
{
    /// <summary>Bytes of the largest activation of a run. Ten such live at once in usual nets; larger runs are hardly faster.</summary>
    private const long MostBytes = 512 << 10;

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

        var largest = graph.Nodes.SelectMany(n => n.Outputs).Where(facts.IsFloat).Select(v => Bytes(facts.ShapeOf(v) ?? [])).DefaultIfEmpty(1).Max();
        return (int)Math.Clamp(MostBytes / Math.Max(1, largest) * feed.LeastBatch, 1, int.MaxValue);
    }

    /// <summary>Of one sample: free dimensions count as 1.</summary>
    private static long Bytes(IReadOnlyList<long> shape)
    {
        var bytes = (long)sizeof(float);
        foreach (var dimension in shape)
        {
            bytes = Math.BigMul(bytes, Math.Max(1, dimension), out var low) == 0 && low >= 0 ? low : long.MaxValue;
        }

        return bytes;
    }
}
