using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>How many elements values have per run of as few samples as the model takes; found by running the largest ones.</summary>
internal static class ActivationSizes
{
    /// <returns>Elements of each value, in the order given.</returns>
    public static long[] Of(ModelGraph graph, IReadOnlyList<string> values, SampleFeed feed, IModelRunner runner, CancellationToken cancellationToken)
    {
        var shapes = values.Select((value, i) => new OnnxNode { OpType = "Shape", Inputs = [value], Outputs = [$"edgefleet.shape.{i}"] }).ToList();
        var names = shapes.ConvertAll(s => s.Outputs[0]);
        var options = new ModelSessionOptions { Threads = Environment.ProcessorCount, Optimization = GraphOptimization.Basic };
        using var session = runner.Load(WithOutputs.Bytes(graph, names, shapes), options);
        var (start, count) = feed.Largest();
        return [.. session.Run(feed.Batch(start, count), names, cancellationToken).Select(Elements)];
    }

    private static long Elements(ModelTensor shape)
    {
        var elements = 1L;
        foreach (var dimension in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(shape.Data.Span))
        {
            elements = checked(elements * dimension);
        }

        return elements;
    }
}
