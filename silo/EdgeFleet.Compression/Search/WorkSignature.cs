using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Search;

/// <summary>
/// What of a model decides how long it runs: its operators in their order, their attributes, and types and shapes of their constants.
/// Not the numbers in them: a kernel takes the same time whatever it multiplies, so variants that differ in ranges or rounding only
/// have one signature, and one latency.
/// </summary>
internal static class WorkSignature
{
    /// <param name="model">Well-formed.</param>
    /// <returns>SHA-256 in lower-case hexadecimal.</returns>
    public static string Of(ReadOnlyMemory<byte> model)
    {
        var text = new StringBuilder();
        Append(text, OnnxModel.Read(model).Graph);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static void Append(StringBuilder text, OnnxGraph graph)
    {
        var constants = new Dictionary<string, OnnxTensor>();
        foreach (var tensor in graph.Initializers)
        {
            constants.TryAdd(tensor.Name ?? "", tensor);
        }

        foreach (var node in graph.Nodes)
        {
            text.Append(node.Domain).Append('.').Append(node.OpType).Append('(');
            foreach (var input in node.Inputs)
            {
                text.Append(input.Length == 0 ? "-" : constants.TryGetValue(input, out var constant) ? Shape(constant) : "*").Append(',');
            }

            text.Append(')').Append(node.Outputs.Count);
            foreach (var attribute in node.Attributes.OrderBy(a => a.Name, StringComparer.Ordinal))
            {
                text.Append(' ').Append(attribute.Name).Append('=').Append(Value(attribute));
                if (attribute.G is { } inner)
                {
                    Append(text.Append('{'), inner);
                    text.Append('}');
                }
            }

            text.Append('\n');
        }
    }

    private static string Shape(OnnxTensor tensor) => $"{(int)tensor.ElementType}[{string.Join(' ', tensor.Dimensions)}]";

    private static string Value(OnnxAttribute attribute) => string.Create(
        CultureInfo.InvariantCulture,
        $"{attribute.I}|{attribute.F}|{(attribute.S is { } s ? Convert.ToHexString(s.Span) : "")}|{string.Join(' ', attribute.Ints)}|{string.Join(' ', attribute.Floats)}|{(attribute.T is { } t ? Shape(t) : "")}");
}
