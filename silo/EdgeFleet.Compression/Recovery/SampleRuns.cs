using System.Runtime.InteropServices;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Recovery;

/// <summary>Which runs to make, and what comes out of them.</summary>
internal static class SampleRuns
{
    /// <summary>Start and number of samples of each run over the first samples; a model of fixed batch may run a few more.</summary>
    public static IEnumerable<(int Start, int Count)> First(SampleFeed feed, int samples) => feed.Batches()
        .TakeWhile(b => b.Start < samples)
        .Select(b => (b.Start, feed.IsFreeBatch ? Math.Min(b.Count, samples - b.Start) : b.Count));

    /// <summary>Splits items, in order, into groups of at most so many bytes, or of one item that has more.</summary>
    public static IEnumerable<IReadOnlyList<T>> Groups<T>(IEnumerable<T> items, Func<T, long> bytes, long most)
    {
        var group = new List<T>();
        var sum = 0L;
        foreach (var item in items)
        {
            var size = bytes(item);
            if (group.Count > 0 && sum + size > most)
            {
                yield return group;
                group = [];
                sum = 0;
            }

            group.Add(item);
            sum += size;
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }

    /// <summary>Elements of a float or float16 tensor; false for any other.</summary>
    public static bool TryFloats(ModelTensor tensor, out ReadOnlySpan<float> values)
    {
        values = tensor.ElementType switch
        {
            OnnxElementType.Float => tensor.Floats,
            OnnxElementType.Float16 => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(tensor.Data.Span).ToArray(), h => (float)h),
            _ => default,
        };
        return tensor.ElementType is OnnxElementType.Float or OnnxElementType.Float16;
    }
}
