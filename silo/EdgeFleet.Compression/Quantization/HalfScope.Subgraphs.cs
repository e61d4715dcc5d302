using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// Subgraphs: what crosses their border is float16 where each of its sides can be (all branches of If, all rounds of a loop), else
/// float32 with Cast within the body. Conditions, trip counts and values of other types stay as they are.
/// </summary>
internal sealed partial class HalfScope
{
    private int ConvertWithin(OnnxNode node, IReadOnlyList<SubgraphPort> ports)
    {
        var halves = ports.Where(p => CanCross(node, p)).ToHashSet();
        foreach (var port in ports.Where(p => p.Input >= 0))
        {
            SetPrecision(node, port.Input, halves.Contains(port));
        }

        var within = 0;
        foreach (var subgraph in node.Subgraphs.ToList())
        {
            within += new HalfScope(graph.Enter(node, subgraph), this, facts, unfit).ConvertBody(ports, halves);
        }

        foreach (var port in halves.Where(p => p.Output >= 0 && node.Outputs[p.Output].Length > 0))
        {
            Give(node, port.Output);
        }

        return within;
    }

    private bool CanCross(OnnxNode node, SubgraphPort port)
    {
        bool Fits(string value) => IsFloat(value) && !unfit.Contains(value);
        bool FitsBody(OnnxGraph body, string? value) => value is not null && facts.Of(body).IsFloat(value) && !unfit.Contains(value);
        return (port.Input < 0 || Fits(node.Inputs[port.Input]))
            && (port.Output < 0 || node.Outputs[port.Output].Length == 0 || Fits(node.Outputs[port.Output]))
            && node.Subgraphs.All(s =>
                (port.BodyInput < 0 || FitsBody(s, s.Inputs[port.BodyInput].Name)) && (port.BodyOutput < 0 || FitsBody(s, s.Outputs[port.BodyOutput].Name)));
    }

    private int ConvertBody(IReadOnlyList<SubgraphPort> ports, IReadOnlySet<SubgraphPort> halves)
    {
        foreach (var input in ports.Where(p => p.BodyInput >= 0 && halves.Contains(p)).Select(p => graph.Graph.Inputs[p.BodyInput]))
        {
            _halfOf[input.Name!] = input.Name!;
            Declare(input);
        }

        var nodes = Convert();
        foreach (var port in ports.Where(p => p.BodyOutput >= 0))
        {
            var output = graph.Graph.Outputs[port.BodyOutput];
            if (IsFloat(output.Name ?? ""))
            {
                output.Name = halves.Contains(port) ? Half(output.Name!) : Float(output.Name!);
            }

            if (halves.Contains(port))
            {
                Declare(output);
            }
        }

        // Outputs have other names now, and constants that only they used are of no use.
        graph.Commit();
        graph.Reindex();
        graph.RemoveUnusedConstants();
        graph.Leave();
        return nodes;
    }

    private static void Declare(OnnxValueInfo value)
    {
        if (value.Type?.Tensor is { } tensor)
        {
            value.Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = (int)OnnxElementType.Float16, Shape = tensor.Shape } };
        }
    }
}
