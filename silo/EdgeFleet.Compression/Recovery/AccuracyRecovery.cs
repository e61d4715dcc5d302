using System.Globalization;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Quantization;

namespace EdgeFleet.Compression.Recovery;

/// <summary>
/// Applies the methods that a recipe asks for, each tried on a copy first: what does not raise the signal-to-noise ratio of the
/// model's outputs on calibration samples is not applied. Each says what it gained.
/// </summary>
/// <param name="runner">The runtime.</param>
/// <param name="feed">Calibration samples.</param>
/// <param name="recipe">What is asked for.</param>
/// <param name="quantize">Makes integers of a float model in place, with ranges of that model.</param>
/// <param name="cancellationToken">Looked at between runs.</param>
internal sealed class AccuracyRecovery(
    IModelRunner runner, SampleFeed feed, CompressionRecipe recipe, Func<ModelGraph, RangeCache, CalibrationFacts?> quantize, CancellationToken cancellationToken)
{
    /// <summary>Calibration samples on which outputs are compared.</summary>
    private const int Samples = 128;

    /// <summary>A gain below this many decibels is chance.</summary>
    private const double LeastGainDb = 0.1;

    private static readonly double[] s_alphas = [0.5, 0.3, 0.4, 0.6, 0.7];

    private readonly List<RecoveryGain> _gains = [];
    private OutputReference? _reference;
    private double _reached;

    /// <summary>What each method gained, in the order in which they were tried.</summary>
    public IReadOnlyList<RecoveryGain> Gains => _gains;

    /// <summary>Ranges of the float model as it is now.</summary>
    public RangeCache Ranges { get; private set; } = new();

    /// <summary>How these were collected.</summary>
    public CalibrationFacts? Facts { get; private set; }

    /// <summary>True where a static recipe asks for any method.</summary>
    public static bool IsAsked(CompressionRecipe recipe) => recipe.Equalize || recipe.Smooth || recipe.AdaRound || recipe.CorrectBias;

    /// <summary>Methods that keep the float model's answers and make it easier to quantize.</summary>
    /// <param name="passes">Runs on <paramref name="graph"/>.</param>
    /// <param name="graph">The float model, at an opset that can be quantized.</param>
    /// <param name="ranges">Ranges of it, as far as they are known.</param>
    public void OnFloat(PassRunner passes, ModelGraph graph, RangeCache ranges)
    {
        Ranges = ranges;
        _reference = new OutputReference(runner, graph.Model.ToArray(), feed, Samples, cancellationToken);
        if (recipe.Equalize || recipe.Smooth)
        {
            var copy = Copy(graph);
            Facts = quantize(copy, Ranges);
            _reached = _reference.SqnrDb(copy.Model.ToArray(), cancellationToken);
        }

        if (recipe.Equalize)
        {
            var clips = ClipBounds.Collect(graph, feed, runner, cancellationToken);
            Try(passes, graph, "equalize", [("", new EqualizeLayers(clips))]);
        }

        if (recipe.Smooth)
        {
            Try(passes, graph, "smooth", Smoothings(graph));
        }
    }

    /// <summary>Methods that choose other integers.</summary>
    /// <param name="passes">Runs on <paramref name="graph"/>.</param>
    /// <param name="graph">The QDQ model.</param>
    /// <param name="floats">The float model of which it was made.</param>
    public void OnIntegers(PassRunner passes, ModelGraph graph, ReadOnlyMemory<byte> floats)
    {
        var original = new ModelGraph(OnnxModel.Read(floats));
        _reached = _reference!.SqnrDb(graph.Model.ToArray(), cancellationToken);
        if (recipe.AdaRound)
        {
            var limit = QuantizationScheme.Of(recipe).WeightLimit;
            TryIntegers(passes, graph, "adaround", new AdaptiveRounding(AdaptiveRounding.Round(original, graph, limit, feed, runner, cancellationToken)));
        }

        if (recipe.CorrectBias)
        {
            TryIntegers(passes, graph, "correct-bias", new BiasCorrection(BiasCorrection.Measure(original, graph, feed, runner, cancellationToken)));
        }
    }

    private List<(string Setting, IGraphPass Pass)> Smoothings(ModelGraph graph)
    {
        var facts = ValueFacts.Of(graph, runner);
        var plan = QuantizationPlanner.Plan(graph, facts, recipe.KeepFloat);
        var groups = SmoothActivations.Groups(graph, facts);
        groups.RemoveAll(g => g.Layers.All(recipe.KeepFloat.Contains));
        var produced = plan.Nodes.Concat(plan.Absorbed).SelectMany(n => n.Outputs).ToHashSet();
        var magnitudes = ChannelMagnitudes.Collect(graph, groups.ConvertAll(g => g.Value), feed, runner, cancellationToken);
        var clips = ClipBounds.Collect(graph, feed, runner, cancellationToken);
        return [.. s_alphas.Select(a => (
            string.Create(CultureInfo.InvariantCulture, $", alpha {a}"),
            (IGraphPass)new SmoothActivations(groups, magnitudes, a, v => !produced.Contains(v), clips)))];
    }

    /// <summary>Tries a method's settings on copies of the float model and applies the best.</summary>
    private void Try(PassRunner passes, ModelGraph graph, string method, IReadOnlyList<(string Setting, IGraphPass Pass)> settings)
    {
        var (best, note) = (double.NegativeInfinity, "no place to apply it");
        (IGraphPass Pass, RangeCache Ranges, CalibrationFacts? Facts)? chosen = null;
        foreach (var (setting, pass) in settings)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var copy = Copy(graph);
            var changes = pass.Apply(copy);
            copy.Commit();
            if (changes == 0)
            {
                continue;
            }

            var ranges = new RangeCache();
            var facts = quantize(copy, ranges);
            var reached = _reference!.SqnrDb(copy.Model.ToArray(), cancellationToken);
            if (reached > best)
            {
                (best, note, chosen) = (reached, $"{changes} places{setting}", (pass, ranges, facts));
            }
        }

        if (Keep(method, chosen is null ? _reached : best, note))
        {
            passes.Run(chosen!.Value.Pass);
            (Ranges, Facts) = (chosen.Value.Ranges, chosen.Value.Facts);
        }
    }

    private void TryIntegers(PassRunner passes, ModelGraph graph, string method, IGraphPass pass)
    {
        var copy = Copy(graph);
        var changes = pass.Apply(copy);
        copy.Commit();
        var reached = changes == 0 ? _reached : _reference!.SqnrDb(copy.Model.ToArray(), cancellationToken);
        if (Keep(method, reached, changes == 0 ? "no place to apply it" : $"{changes} layers"))
        {
            passes.Run(pass);
        }
    }

    private bool Keep(string method, double reached, string note)
    {
        var keep = reached >= _reached + LeastGainDb;
        _gains.Add(new(method, _reached, reached, RecoveryGain.OutputSqnr, keep, keep ? note : $"{note}: undone, it gained nothing"));
        _reached = keep ? reached : _reached;
        return keep;
    }

    private static ModelGraph Copy(ModelGraph graph) => new(OnnxModel.Read(graph.Model.ToArray()));
}
