using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Ranges without data. Batch normalization says what its output was like in training: mean ± 6 deviations per channel; that is carried
/// on through Relu, Clip, Add, Concat and pooling (R. Nagel et al., Data-Free Quantization, 2019). It must be read before batch
/// normalization is folded away. Values that it does not reach get the ranges seen on made-up inputs.
/// </summary>
internal static class DataFreeRanges
{
    /// <summary>Ranges of what normalization reaches, by value; empty for a model without.</summary>
    /// <param name="graph">Before batch normalization is folded; left as it is.</param>
    public static IReadOnlyDictionary<string, ValueRange> Expected(ModelGraph graph)
    {
        var known = new Dictionary<string, ChannelMoments>();
        foreach (var node in graph.Nodes.Where(n => n.Outputs.Count > 0 && n.Inputs.Count > 0))
        {
            if (Of(graph, node, known) is { } moments)
            {
                known[node.Outputs[0]] = moments;
            }
        }

        return known.ToDictionary(k => k.Key, k => k.Value.Range);
    }

    /// <summary>Chooses ranges: expected ones where there are any, the others by running made-up samples.</summary>
    public static CalibrationFacts Run(
        ModelGraph graph,
        IReadOnlyList<string> values,
        IReadOnlyDictionary<string, ValueRange> expected,
        SampleFeed feed,
        IModelRunner runner,
        CalibrationSettings settings,
        CancellationToken cancellationToken)
    {
        var unknown = values.Where(v => !expected.ContainsKey(v)).ToList();
        var seen = Calibrator.Run(graph, unknown, feed, runner, settings with { Method = CalibrationMethod.MinMax }, cancellationToken).Values.ToDictionary(v => v.Value);
        var facts = values.Select(v => seen.TryGetValue(v, out var found) ? found : new ValueCalibration(v, expected[v].Min, expected[v].Max, expected[v].Min, expected[v].Max, []));
        return new(CalibrationMethod.MinMax, 0, [.. facts])
        {
            Warning = $"No calibration data was given: ranges of {values.Count - unknown.Count} of {values.Count} activations come from the model's batch normalization, "
                + $"those of {unknown.Count} from made-up inputs in [0, 1). Real inputs may lie outside and saturate, and no accuracy was measured. "
                + "Some hundred real samples (--calibration) make the ranges exact.",
        };
    }

    private static ChannelMoments? Of(ModelGraph graph, OnnxNode node, Dictionary<string, ChannelMoments> known)
    {
        var x = known.GetValueOrDefault(node.Inputs[0]);
        return node.OpType switch
        {
            _ when !node.Is(node.OpType) => null,
            "BatchNormalization" => Normalized(graph, node),
            "Relu" => x?.Rectified(),
            "Clip" => Bound(graph, node, "min", 1) == 0 && Bound(graph, node, "max", 2) is >= 0 and var most ? x?.Rectified(most) : null,
            "Identity" or "Dropout" or "MaxPool" or "AveragePool" => x,
            "GlobalAveragePool" => x?.Pooled(),
            "Add" => x is not null && known.TryGetValue(node.Inputs[1], out var y) ? x.Plus(y) : null,
            "Concat" => node.Int("axis", 0) == 1 && node.Inputs.TrueForAll(known.ContainsKey) ? node.Inputs.Select(i => known[i]).Aggregate((a, b) => a.Beside(b)) : null,
            _ => null,
        };
    }

    private static ChannelMoments? Normalized(ModelGraph graph, OnnxNode node) =>
        node.Inputs.Count >= 3 && graph.TryFloats(node.Inputs[1], out var scale) && graph.TryFloats(node.Inputs[2], out var bias) && scale.Count == bias.Count && scale.Count > 0
            ? ChannelMoments.Normal(TensorContent.Floats(scale), TensorContent.Floats(bias))
            : null;

    private static double Bound(ModelGraph graph, OnnxNode clip, string attribute, int input) =>
        clip.InputOrEmpty(input) is not { Length: > 0 } name ? clip.Float(attribute, input == 1 ? float.NegativeInfinity : float.PositiveInfinity)
            : graph.TryFloats(name, out var bound) && bound.Count == 1 && TensorContent.Floats(bound)[0] is >= 0 and var value ? value
            : double.NaN;
}
