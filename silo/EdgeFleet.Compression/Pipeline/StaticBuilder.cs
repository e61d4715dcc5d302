using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Quantization;
using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>Static quantization of a prepared model, with the methods of accuracy recovery that the recipe asks for before and after it.</summary>
/// <param name="runner">The runtime.</param>
/// <param name="feed">Calibration samples.</param>
/// <param name="recipe">A static kind.</param>
/// <param name="expected">Ranges that the model tells by itself, for calibration without data.</param>
/// <param name="settings">How activations are measured.</param>
/// <param name="starting">Told when calibration begins.</param>
/// <param name="cancellationToken">Looked at between steps.</param>
internal sealed class StaticBuilder(
    IModelRunner runner,
    SampleFeed feed,
    CompressionRecipe recipe,
    IReadOnlyDictionary<string, ValueRange> expected,
    CalibrationSettings settings,
    Action<string>? starting,
    CancellationToken cancellationToken)
{
    /// <param name="passes">Runs on <paramref name="graph"/>.</param>
    /// <param name="graph">Prepared.</param>
    /// <param name="ranges">Of the prepared model, as far as they are known.</param>
    /// <returns>What is known of it, without bytes.</returns>
    public BuiltVariant Build(PassRunner passes, ModelGraph graph, RangeCache ranges)
    {
        AlreadyQuantized.Refuse(graph.Model);
        var facts = new ScopedFacts(graph, runner);
        passes.Run(new LiftOpset(facts.Main));
        if (!AccuracyRecovery.IsAsked(recipe))
        {
            var form = recipe.FoldInputShift ? graph.Model.ToArray() : null;
            var collected = Integers(passes, graph, facts, ranges);
            passes.Run(new NoteInnerWeights());
            return new([], [], new Dictionary<string, string>()) { Calibration = collected, FloatForm = form };
        }

        var recovery = new AccuracyRecovery(
            runner,
            feed,
            recipe,
            (copy, known) => Integers(new PassRunner(copy, null, cancellationToken), copy, new ScopedFacts(copy, runner), known),
            cancellationToken);
        recovery.OnFloat(passes, graph, ranges);
        var floats = graph.Model.ToArray();
        var calibration = Integers(passes, graph, new ScopedFacts(graph, runner), recovery.Ranges) ?? recovery.Facts;
        recovery.OnIntegers(passes, graph, floats);
        passes.Run(new NoteInnerWeights());
        return new([], [], new Dictionary<string, string>()) { Calibration = calibration, Gains = recovery.Gains, FloatForm = floats };
    }

    /// <summary>Plan, ranges on the calibration samples as far as they are not known, rewrite.</summary>
    private CalibrationFacts? Integers(PassRunner passes, ModelGraph graph, ScopedFacts facts, RangeCache ranges)
    {
        var plans = ScopedPlans.Of(graph, facts, recipe.KeepFloat, recipe.WideActivations);
        starting?.Invoke("calibrate");
        CalibrationFacts? collected = null;
        var known = ranges.Of(plans.Values, missing => (collected = Whole(Calibrate(graph, missing), plans)).Ranges);
        plans.KeepUnknownFloat(known);
        var scheme = QuantizationScheme.Of(recipe);
        if (plans.ReachWithin)
        {
            passes.Run(new StaticWithin(plans, known, scheme));
        }

        passes.Run(new StaticQuantization(plans.Main, known, scheme)).RunInEveryGraph(_ => new GuardFloatLayers());
        return collected;
    }

    /// <summary>Ranges of the main graph's values as the recipe chooses them, of those within subgraphs by their extremes.</summary>
    private CalibrationFacts Calibrate(ModelGraph graph, IReadOnlyList<string> values)
    {
        var main = values.Where(v => graph.IsInput(v) || graph.Producer(v) is not null).ToList();
        var facts = feed.Synthetic
            ? DataFreeRanges.Run(graph, main, expected, feed, runner, settings, cancellationToken)
            : Calibrator.Run(graph, main, feed, runner, settings, cancellationToken);
        if (main.Count == values.Count)
        {
            return facts;
        }

        var within = values.Except(main).ToList();
        var seen = InnerExtremes.Collect(graph, within, feed, int.MaxValue, runner, cancellationToken);
        var inner = within.Where(seen.ContainsKey).Select(v => (Value: v, seen[v].Range))
            .Select(v => new ValueCalibration(v.Value, v.Range.Min, v.Range.Max, v.Range.Min, v.Range.Max, []));
        return new(facts.Method, facts.Samples, [.. facts.Values, .. inner]) { Warning = facts.Warning };
    }

    /// <summary>Ranges of values in 16 bits are all that was seen: what other methods cut off for the sake of 256 steps costs nothing there.</summary>
    private static CalibrationFacts Whole(CalibrationFacts facts, ScopedPlans plans) => facts.Values.Any(v => plans.IsWide(v.Value))
        ? new(facts.Method, facts.Samples, [.. facts.Values.Select(v => plans.IsWide(v.Value) ? v with { Low = v.Min, High = v.Max } : v)]) { Warning = facts.Warning }
        : facts;
}
