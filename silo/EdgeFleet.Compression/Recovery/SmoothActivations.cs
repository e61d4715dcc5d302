using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Recovery;

/// <summary>
/// SmoothQuant: W x -> (W S)(S^-1 x) with s_j = max|x_j|^alpha / max|W_j|^(1 - alpha) over all layers that read x, at least 1e-5,
/// and max|x_j| taken as no less than half the median channel's: channels of activations that stick out, and take the resolution of
/// all others, are moved into the weights. S^-1 goes into the constants before x (see <see cref="ScalePath"/>); where it cannot, a
/// Mul is inserted if x is float anyway. A depthwise convolution has a scale of its own per input channel, so there alpha is 1. The
/// model's answers stay the same.
/// Conditions: x has no other users than Conv, Gemm and MatMul with constant weights, and is no output.
/// Source: Xiao et al., SmoothQuant, 2023.
/// </summary>
/// <param name="groups">From <see cref="Groups"/>, for this graph or one of the same names.</param>
/// <param name="magnitudes">Largest magnitude of each channel of the groups' values.</param>
/// <param name="alpha">How much is moved, in (0, 1).</param>
/// <param name="isFloat">True for a value that no integer operator produces, before which a Mul may be inserted.</param>
/// <param name="clips">Which Clip nodes may become Relu.</param>
internal sealed class SmoothActivations(
    IReadOnlyList<SmoothGroup> groups, IReadOnlyDictionary<string, float[]> magnitudes, double alpha, Func<string, bool> isFloat, ClipBounds clips)
    : IGraphPass
{
    private const double LeastScale = 1e-5;

    public string Name => "smooth-activations";

    /// <summary>Values that may be smoothed, in the order of the graph.</summary>
    public static List<SmoothGroup> Groups(ModelGraph graph, ValueFacts facts)
    {
        var groups = new List<SmoothGroup>();
        var seen = new HashSet<string>();
        foreach (var value in graph.Nodes.Where(n => n.Is("Conv", "Gemm", "MatMul")).Select(n => n.Inputs[0]).Where(v => seen.Add(v)))
        {
            var users = graph.Consumers(value);
            var layers = users.Select(u => u.Inputs[0] == value && !u.Inputs.Skip(1).Contains(value) ? WeightedLayer.Of(graph, u) : null).OfType<WeightedLayer>().ToList();
            var conv = layers.Exists(l => l.Node.Is("Conv"));
            if (layers.Count != users.Count || graph.IsOutput(value) || graph.IsCaptured(value) || graph.Constant(value) is not null
                || layers.Exists(l => l.Inputs != layers[0].Inputs || l.Node.Is("Conv") != conv || l.Node.Is("ConvTranspose")))
            {
                continue;
            }

            var rank = conv ? graph.Constant(layers[0].Node.Inputs[1])!.Dimensions.Count : layers[0].Node.Is("Gemm") ? 2 : facts.RankOf(value);
            if (rank is { } known)
            {
                groups.Add(new(new(value, known, conv ? 1 : known - 1), [.. layers.Select(l => l.Node.Outputs[0])]));
            }
        }

        return groups;
    }

    public int Apply(ModelGraph graph)
    {
        var changes = 0;
        foreach (var group in groups)
        {
            changes += Smooth(graph, group) ? 1 : 0;
        }

        graph.RemoveUnusedConstants();
        return changes;
    }

    private bool Smooth(ModelGraph graph, SmoothGroup group)
    {
        var value = group.Value.Value;
        var layers = group.Layers.Select(l => WeightedLayer.Of(graph, graph.Producer(l)!)!).ToList();
        var lastAxis = !layers[0].Node.Is("Conv");
        var path = ScalePath.Find(graph, value, layers[0].Inputs, lastAxis, clips);
        if (path is { Spread: > 1 } || (path is null && !(lastAxis && isFloat(value))))
        {
            return false;
        }

        var scales = Scales(layers, magnitudes[value]);
        var factors = Array.ConvertAll(scales, s => 1 / s);
        layers.ForEach(l => l.ScaleInputs(scales));
        layers.ForEach(l => l.Store(graph));
        if (path is null)
        {
            var smooth = graph.Fresh($"{value}/smooth");
            graph.ReplaceUses(value, smooth);
            var constant = graph.AddConstant<float>($"{smooth}/scale", OnnxElementType.Float, [factors.Length], Array.ConvertAll(factors, f => (float)f));
            graph.Add(new OnnxNode { OpType = "Mul", Name = smooth, Inputs = [value, constant], Outputs = [smooth] });
            return true;
        }

        path.Layer?.ScaleOutputs(factors);
        path.Apply(graph, factors);
        return true;
    }

    private double[] Scales(List<WeightedLayer> layers, float[] activation)
    {
        var depthwise = layers.TrueForAll(l => l.IsDepthwise);
        var weights = layers.Select(l => l.InputMagnitudes()).ToList();

        // Channels that stick out are to be tamed; quiet ones are not to be raised, since what the samples showed of those says little.
        var seen = activation.Where(a => a > 0).Order().ToArray();
        var floor = seen.Length == 0 ? 0 : seen[seen.Length / 2] / 2;
        var scales = new double[activation.Length];
        for (var c = 0; c < scales.Length; c++)
        {
            var weight = weights.Max(w => w[c]);
            var given = Math.Max(activation[c], floor);
            var scale = depthwise ? given : Math.Pow(given, alpha) / Math.Pow(weight, 1 - alpha);

            // A channel that is always zero, or that nobody weighs, needs no scale.
            scales[c] = activation[c] > 0 && weight > 0 ? Math.Max(scale, LeastScale) : 1;
        }

        return scales;
    }
}

/// <summary>A value and all the layers that read it.</summary>
/// <param name="Value">The value.</param>
/// <param name="Layers">Outputs of the layers.</param>
internal sealed record SmoothGroup(ChannelValue Value, IReadOnlyList<string> Layers);
