using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>Copies nodes with everything in them, under other value names. Contents of tensors are shared, not copied.</summary>
/// <param name="rename">The new name of a value; not asked for an empty one.</param>
/// <param name="resolve">What stands in place of an attribute; null where it is left out.</param>
internal sealed class GraphCopy(Func<string, string> rename, Func<OnnxAttribute, OnnxAttribute?> resolve)
{
    public OnnxNode Of(OnnxNode node, string name)
    {
        var copy = new OnnxNode
        {
            OpType = node.OpType,
            Domain = node.Domain,
            Overload = node.Overload,
            Name = name,
            Inputs = [.. node.Inputs.Select(Name)],
            Outputs = [.. node.Outputs.Select(Name)],
        };
        copy.KeepAll(node);
        foreach (var attribute in node.Attributes)
        {
            if (resolve(attribute) is { } resolved)
            {
                copy.Attributes.Add(ReferenceEquals(resolved, attribute) ? Of(attribute) : resolved);
            }
        }

        return copy;
    }

    /// <summary>A tensor of the same content, to be named on its own.</summary>
    public static OnnxTensor Of(OnnxTensor tensor)
    {
        var copy = new OnnxTensor
        {
            Dimensions = [.. tensor.Dimensions],
            ElementType = tensor.ElementType,
            Name = tensor.Name,
            RawData = tensor.RawData,
            DataLocation = tensor.DataLocation,
        };
        copy.TypedData.AddRange(tensor.TypedData);
        copy.StringData.AddRange(tensor.StringData);
        copy.ExternalData.AddRange(tensor.ExternalData);
        copy.KeepAll(tensor);
        return copy;
    }

    private OnnxAttribute Of(OnnxAttribute attribute)
    {
        var copy = new OnnxAttribute
        {
            Name = attribute.Name,
            Type = attribute.Type,
            F = attribute.F,
            I = attribute.I,
            S = attribute.S,
            T = attribute.T is null ? null : Of(attribute.T),
            G = attribute.G is null ? null : Of(attribute.G),
            Floats = [.. attribute.Floats],
            Ints = [.. attribute.Ints],
            RefAttrName = attribute.RefAttrName,
        };
        copy.Strings.AddRange(attribute.Strings);
        copy.Tensors.AddRange(attribute.Tensors.Select(Of));
        copy.Graphs.AddRange(attribute.Graphs.Select(Of));
        copy.KeepAll(attribute);
        return copy;
    }

    private OnnxGraph Of(OnnxGraph graph)
    {
        var copy = new OnnxGraph { Name = graph.Name };
        copy.Nodes.AddRange(graph.Nodes.Select(n => Of(n, n.Name ?? "")));
        copy.Inputs.AddRange(graph.Inputs.Select(Of));
        copy.Outputs.AddRange(graph.Outputs.Select(Of));
        copy.ValueInfos.AddRange(graph.ValueInfos.Select(Of));
        copy.KeepAll(graph);
        foreach (var tensor in graph.Initializers)
        {
            var named = Of(tensor);
            named.Name = Name(tensor.Name ?? "");
            copy.Initializers.Add(named);
        }

        return copy;
    }

    private OnnxValueInfo Of(OnnxValueInfo value)
    {
        var copy = new OnnxValueInfo { Name = Name(value.Name ?? ""), Type = value.Type };
        copy.KeepAll(value);
        return copy;
    }

    private string Name(string value) => value.Length == 0 ? value : rename(value);
}
