using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Recovery;

/// <summary>
/// The way back from a value to constants that can take a factor per channel, over operators f with f(s x) = s f(x) for every s > 0:
/// Relu, LeakyRelu, PRelu, pooling, Flatten, and Clip(0, m) where it is known never to reach m.
/// </summary>
/// <param name="Layer">The layer at whose output it ends; null where it ends at a Mul or a LayerNormalization.</param>
/// <param name="Constants">Inputs of Add, Mul and LayerNormalization on the way that take the factors too.</param>
/// <param name="Clips">Clip nodes on the way, which must become Relu.</param>
/// <param name="Spread">Neighbouring channels of the value that share one factor: more than 1 behind Flatten.</param>
internal sealed record ScalePath(WeightedLayer? Layer, IReadOnlyList<(OnnxNode Node, int Input)> Constants, IReadOnlyList<OnnxNode> Clips, int Spread)
{
    /// <param name="graph">The model.</param>
    /// <param name="value">Whose users are the caller's concern; everything before it must have this one use.</param>
    /// <param name="channels">Its number of channels.</param>
    /// <param name="lastAxis">True where its channels lie along the last axis, as Gemm and MatMul read them; false for axis 1, as Conv does.</param>
    /// <param name="bounds">Which Clip nodes act as Relu.</param>
    /// <returns>Null where some node on the way cannot take the factors.</returns>
    public static ScalePath? Find(ModelGraph graph, string value, int channels, bool lastAxis, ClipBounds bounds)
    {
        var constants = new List<(OnnxNode, int)>();
        var clips = new List<OnnxNode>();
        var flat = false;
        for (var at = value; (at == value || graph.HasSingleUse(at)) && graph.Producer(at) is { } node;)
        {
            if (node.Is("Relu", "LeakyRelu") || (node.Is("PRelu") && graph.Constant(node.Inputs[1]) is not null)
                || (!lastAxis && node.Is("MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool") && node.Outputs.Count(o => o.Length > 0) == 1))
            {
                at = node.Inputs[0];
            }
            else if (node.Is("Clip") && bounds.ActsAsRelu(graph, node))
            {
                clips.Add(node);
                at = node.Inputs[0];
            }
            else if (lastAxis && constants.Count == 0 && node.Is("Flatten") && node.Int("axis", 1) == 1)
            {
                (flat, lastAxis) = (true, false);
                at = node.Inputs[0];
            }
            else if (lastAxis && node.Is("Add", "Mul") && PerChannel(graph, node, channels) is { } input)
            {
                constants.Add((node, input));
                if (node.Is("Mul"))
                {
                    return new(null, constants, clips, 1);
                }

                at = node.Inputs[1 - input];
            }
            else if (lastAxis && IsNorm(graph, node, at, channels))
            {
                constants.Add((node, 1));
                if (node.InputOrEmpty(2).Length > 0)
                {
                    constants.Add((node, 2));
                }

                return new(null, constants, clips, 1);
            }
            else
            {
                return node.Is("Gemm", "MatMul") == lastAxis && WeightedLayer.Of(graph, node) is { } layer
                    && (flat ? channels % layer.Outputs == 0 : channels == layer.Outputs)
                    ? new(layer, constants, clips, channels / layer.Outputs)
                    : null;
            }
        }

        return null;
    }

    /// <summary>Multiplies the constants, stores the layer's weights (scaled by the caller) and makes Relu of the clips.</summary>
    public void Apply(ModelGraph graph, IReadOnlyList<double> factors)
    {
        foreach (var (node, input) in Constants)
        {
            var old = graph.Constant(node.Inputs[input])!;
            var values = TensorContent.Floats(old);
            var scaled = new float[factors.Count];
            for (var c = 0; c < scaled.Length; c++)
            {
                scaled[c] = (float)(values[values.Length == 1 ? 0 : c] * factors[c]);
            }

            // As many dimensions as before: more or fewer could change the rank of what the operator gives.
            IEnumerable<long> dimensions = [.. old.Dimensions.SkipLast(1), scaled.Length];
            graph.SetInput(node, input, graph.AddConstant<float>($"{old.Name}/scaled", OnnxElementType.Float, dimensions, scaled));
        }

        Layer?.Store(graph);
        ReplaceClips(graph);
    }

    public void ReplaceClips(ModelGraph graph)
    {
        foreach (var clip in Clips.Where(c => c.OpType == "Clip"))
        {
            while (clip.Inputs.Count > 1)
            {
                graph.SetInput(clip, clip.Inputs.Count - 1, "");
                clip.Inputs.RemoveAt(clip.Inputs.Count - 1);
            }

            clip.Attributes.Clear();
            clip.OpType = "Relu";
        }
    }

    /// <summary>The input that is a constant per channel of the last axis, or a single number.</summary>
    private static int? PerChannel(ModelGraph graph, OnnxNode node, int channels)
    {
        for (var input = 0; input < 2; input++)
        {
            if (graph.TryFloats(node.Inputs[input], out var constant) && graph.Constant(node.Inputs[1 - input]) is null
                && (constant.Count == 1 || (constant.Count == channels && constant.Dimensions[^1] == channels)))
            {
                return input;
            }
        }

        return null;
    }

    private static bool IsNorm(ModelGraph graph, OnnxNode node, string value, int channels) =>
        node.Is("LayerNormalization") && node.Outputs[0] == value && node.Outputs.Skip(1).All(o => o.Length == 0)
        && graph.TryFloats(node.Inputs[1], out var scale) && scale.Dimensions.Count == 1 && scale.Count == channels
        && (node.InputOrEmpty(2).Length == 0 || (graph.TryFloats(node.Inputs[2], out var bias) && bias.Count == channels));
}
