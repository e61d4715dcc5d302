using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes;

/// <summary>
/// Constants of the same type, shape and bytes -> the first of them.
/// Conditions: no graph output; content in the model itself; not of 8 bits or fewer: weights that are quantized already keep their
/// own, since ONNX Runtime 1.30 converts such with their zero points under session.x64quantprecision, and stops at one that it has
/// converted.
/// </summary>
internal sealed class MergeConstants : IGraphPass
{
    public string Name => "merge-constants";

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        var alike = graph.Graph.Initializers
            .Where(t => !graph.IsInput(t.Name ?? "") && !graph.IsOutput(t.Name ?? "") && !t.IsExternal && OnnxElementTypes.BitsOf(t.ElementType) > 8)
            .GroupBy(t => $"{(int)t.ElementType}:{string.Join(',', t.Dimensions)}")
            .Where(g => g.Skip(1).Any())
            .SelectMany(g => g.GroupBy(Beginning))
            .Where(g => g.Skip(1).Any());
        foreach (var group in alike.Select(g => g.ToList()).ToList())
        {
            var first = new Dictionary<ReadOnlyMemory<byte>, string>(ByContent.Instance);
            foreach (var tensor in group)
            {
                var content = TensorContent.Bytes(tensor);
                if (!first.TryAdd(content, tensor.Name!))
                {
                    graph.ReplaceUses(tensor.Name!, first[content]);
                    changes++;
                }
            }
        }

        return changes == 0 ? 0 : Math.Max(changes, graph.RemoveUnusedConstants());
    }

    /// <summary>The first bytes: what differs, mostly does so at once, and is not read to its end for it.</summary>
    private static string Beginning(OnnxTensor tensor)
    {
        var bytes = TensorContent.Bytes(tensor).Span;
        return Convert.ToHexString(bytes[..Math.Min(bytes.Length, 32)]);
    }

    /// <summary>Equal where the bytes are. The hash takes all of them and is seeded anew in every process: no file can make it collide.</summary>
    private sealed class ByContent : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public static ByContent Instance { get; } = new();

        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<byte> bytes)
        {
            var hash = default(HashCode);
            hash.AddBytes(bytes.Span);
            return hash.ToHashCode();
        }
    }
}
