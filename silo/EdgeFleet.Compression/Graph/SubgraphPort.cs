using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>
/// One value that crosses the border between a node and its subgraphs, by its places; -1 where it has none. A branch's output has the
/// last two; a scanned input the first and third; a value that a loop carries from round to round has all four, of one type.
/// </summary>
/// <param name="Input">Among the node's inputs.</param>
/// <param name="BodyInput">Among each subgraph's inputs.</param>
/// <param name="BodyOutput">Among each subgraph's outputs.</param>
/// <param name="Output">Among the node's outputs.</param>
internal readonly record struct SubgraphPort(int Input, int BodyInput, int BodyOutput, int Output)
{
    private const int LeastScanOpset = 9;

    /// <summary>
    /// The values that cross the border of If, Loop and Scan, but for what controls them (condition, trip count): carried ones first,
    /// in order. Null for any other node, and for one whose numbers of inputs and outputs do not agree.
    /// </summary>
    public static IReadOnlyList<SubgraphPort>? Of(OnnxNode node, int opset) =>
        node.Is("If") ? OfIf(node)
        : node.Is("Loop") && node.Attribute("body")?.G is { } body ? OfLoop(node, body)
        : node.Is("Scan") && opset >= LeastScanOpset && node.Attribute("body")?.G is { } scanned ? OfScan(node, scanned)
        : null;

    /// <summary>How many values a Loop or Scan carries from round to round.</summary>
    public static int Carried(IEnumerable<SubgraphPort> ports) => ports.Count(p => p is { Input: >= 0, Output: >= 0 });

    private static SubgraphPort[]? OfIf(OnnxNode node) =>
        node.Attribute("then_branch")?.G is { } then && node.Attribute("else_branch")?.G is { } otherwise
        && then.Outputs.Count == node.Outputs.Count && otherwise.Outputs.Count == node.Outputs.Count
            ? [.. Enumerable.Range(0, node.Outputs.Count).Select(k => new SubgraphPort(-1, -1, k, k))]
            : null;

    private static SubgraphPort[]? OfLoop(OnnxNode node, OnnxGraph body)
    {
        var carried = node.Inputs.Count - 2;
        return carried >= 0 && body.Inputs.Count == carried + 2 && body.Outputs.Count == node.Outputs.Count + 1 && node.Outputs.Count >= carried
            ? [.. Enumerable.Range(0, node.Outputs.Count).Select(k => k < carried ? new SubgraphPort(k + 2, k + 2, k + 1, k) : new SubgraphPort(-1, -1, k + 1, k))]
            : null;
    }

    private static SubgraphPort[]? OfScan(OnnxNode node, OnnxGraph body)
    {
        var scanned = node.Int("num_scan_inputs", 0);
        var carried = (int)Math.Clamp(node.Inputs.Count - scanned, -1, int.MaxValue);
        return scanned >= 0 && carried >= 0 && body.Inputs.Count == node.Inputs.Count && body.Outputs.Count == node.Outputs.Count && node.Outputs.Count >= carried
            ? [.. Enumerable.Range(0, carried).Select(k => new SubgraphPort(k, k, k, k)),
                .. Enumerable.Range(carried, node.Inputs.Count - carried).Select(k => new SubgraphPort(k, k, -1, -1)),
                .. Enumerable.Range(carried, node.Outputs.Count - carried).Select(k => new SubgraphPort(-1, -1, k, k))]
            : null;
    }
}
