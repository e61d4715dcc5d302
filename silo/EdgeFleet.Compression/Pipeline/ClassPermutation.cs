using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>
/// Makes a classifier that is wrong on purpose: valid, loadable, with golden outputs of its own, but with its classes rotated by one.
/// For showing that a rollout notices such a version.
/// </summary>
public static class ClassPermutation
{
    /// <summary>logits -> Gather(logits, [1, 2, …, C - 1, 0], last axis) under the name of logits.</summary>
    /// <exception cref="CompressionInputException">It is no model, or its first output is not produced by a node or has no fixed number of classes.</exception>
    public static byte[] Apply(ReadOnlyMemory<byte> model)
    {
        var parsed = OnnxModel.Read(model);
        GraphVerifier.Verify(parsed);
        var graph = new ModelGraph(parsed);
        var output = graph.Graph.Outputs[0];
        var name = output.Name!;
        var dimensions = output.Type?.Tensor?.Shape?.Dimensions;
        if (graph.Producer(name) is not { } producer || dimensions is not { Count: >= 1 } || dimensions[^1].Value is not (> 1 and < 1 << 20))
        {
            throw new InvalidModelException($"Output '{name}' has no fixed number of classes in its last dimension; nothing to permute.", name);
        }

        var classes = (int)dimensions[^1].Value!.Value;
        var raw = graph.Fresh($"{name}/unpermuted");
        graph.SetOutput(producer, producer.Outputs.IndexOf(name), raw);
        graph.ReplaceUses(name, raw);
        var indices = Enumerable.Range(0, classes).Select(c => (long)((c + 1) % classes)).ToArray();
        graph.Add(new OnnxNode
        {
            OpType = "Gather",
            Name = $"{name}/permute",
            Inputs = [raw, graph.AddConstant<long>($"{name}/permutation", OnnxElementType.Int64, [classes], indices)],
            Outputs = [name],
            Attributes = [OnnxAttribute.Of("axis", dimensions.Count - 1)],
        });
        graph.Commit();
        return parsed.ToArray();
    }
}
