using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Search;

/// <summary>
/// Which recipes to try, in rounds: first each form that suits the target, then finer settings of those that are worth it, then
/// neighbours of the best. Pure: the same figures and seed give the same recipes.
/// </summary>
internal static class CandidatePlan
{
    /// <summary>Draws among neighbours in the last round.</summary>
    private const int Draws = 6;

    /// <summary>Round 1: each form as it usually is.</summary>
    public static IReadOnlyList<CompressionRecipe> Forms(ProcessorTarget target, bool hasSamples) =>
        [.. ProcessorTargets.KindsFor(target).Where(k => hasSamples || !CompressionKinds.NeedsCalibration(k)).Select(k => new CompressionRecipe(k))];

    /// <summary>Round 2: what could lift each promising form over what it still lacks.</summary>
    /// <param name="goal">What is wanted.</param>
    /// <param name="measured">Of round 1.</param>
    /// <param name="layers">Layers with weights in the order of the graph, by the output that names them.</param>
    /// <param name="hasSamples">Whether there is calibration data.</param>
    public static IReadOnlyList<CompressionRecipe> Refinements(
        CompressionGoal goal, IReadOnlyList<(CompressionRecipe Recipe, QualityMeasurement? Quality)> measured, IReadOnlyList<string> layers, bool hasSamples)
    {
        var next = new List<CompressionRecipe>();
        foreach (var (recipe, quality) in measured.Where(m => m.Quality is not null && IsPromising(goal, m.Quality)))
        {
            if (CompressionKinds.NeedsCalibration(recipe.Kind))
            {
                next.AddRange(Static(goal, recipe, quality!, layers));
            }
            else if (recipe.Kind is CompressionKind.Weights4 or CompressionKind.Weights8)
            {
                next.Add(recipe with { Rounding = WeightRounding.Hqq });
                if (hasSamples)
                {
                    next.Add(recipe with { Rounding = WeightRounding.Gptq });
                }

                if (goal.Objective == GoalObjective.Smallest || goal.MostBytes is not null || goal.MostSizeShare is not null)
                {
                    next.Add(recipe with { BlockSize = 128 });
                }
                else
                {
                    next.Add(recipe with { BlockSize = 16 });
                }
            }
            else if (recipe.Kind == CompressionKind.Int8Dynamic && goal.Objective == GoalObjective.Smallest)
            {
                next.Add(recipe with { PerTensorWeights = true });
            }
        }

        return next;
    }

    /// <summary>Round 3: the layers that cost a static form most stay float, or take activations of 16 bits.</summary>
    /// <param name="recipe">A static form.</param>
    /// <param name="order">Its layers, those that cost most first.</param>
    public static IReadOnlyList<CompressionRecipe> Mixed(CompressionRecipe recipe, IReadOnlyList<string> order) =>
    [
        .. new[] { 1, 3 }.Where(c => c <= order.Count).Select(c => order.Take(c).ToList())
            .SelectMany(l => new[] { recipe with { KeepFloat = l, WideActivations = [] }, recipe with { WideActivations = l, KeepFloat = [] } }),
    ];

    /// <summary>True where a static form loses so much that its worst layers are worth looking for.</summary>
    public static bool IsWorthMixing(CompressionGoal goal, CompressionRecipe recipe, QualityMeasurement? quality) =>
        CompressionKinds.NeedsCalibration(recipe.Kind) && quality is not null
        && (quality.PointsLost > Math.Min(goal.MostPointsLost ?? 0.5, 0.1) || goal.Objective == GoalObjective.MostAccurate);

    /// <summary>Round 4: the best without a pass over its input where time is all, then settings of the best, drawn by the seed.</summary>
    public static IReadOnlyList<CompressionRecipe> Neighbours(GoalObjective objective, CompressionRecipe best, int seed, bool hasSamples) =>
        [.. objective == GoalObjective.Fastest ? [best with { FoldInputShift = true }] : Array.Empty<CompressionRecipe>(), .. Drawn(best, seed, hasSamples)];

    private static IReadOnlyList<CompressionRecipe> Drawn(CompressionRecipe best, int seed, bool hasSamples)
    {
        if (!CompressionKinds.NeedsCalibration(best.Kind) && best.Kind is not (CompressionKind.Weights4 or CompressionKind.Weights8))
        {
            return [];
        }

        var random = new Random(seed);
        return [.. Enumerable.Range(0, Draws).Select(_ => CompressionKinds.NeedsCalibration(best.Kind)
            ? best with
            {
                Calibration = (CalibrationMethod)random.Next(4),
                Equalize = random.Next(2) == 1,
                CorrectBias = random.Next(2) == 1,
                AdaRound = random.Next(4) == 1,
                PerTensorWeights = best.PerTensorWeights,
            }
            : best with { BlockSize = 16 << random.Next(4), Rounding = (WeightRounding)random.Next(hasSamples ? 3 : 2) })];
    }

    /// <summary>Within three times what the goal allows of loss, and of any use in size or time.</summary>
    private static bool IsPromising(CompressionGoal goal, QualityMeasurement quality) =>
        quality.PointsLost <= Math.Max(3, 6 * (goal.MostPointsLost ?? 0.5))
        && (goal.Objective != GoalObjective.Fastest || quality.LatencyRatio < 1.15)
        && (goal.MostBytes is not { } bytes || quality.SizeBytes <= bytes * 1.3);

    private static IEnumerable<CompressionRecipe> Static(CompressionGoal goal, CompressionRecipe recipe, QualityMeasurement quality, IReadOnlyList<string> layers)
    {
        yield return recipe with { Calibration = CalibrationMethod.Mse };
        yield return recipe with { Calibration = CalibrationMethod.Percentile };
        yield return recipe with { CorrectBias = true };
        if (quality.PointsLost > Math.Min(goal.MostPointsLost ?? 0.5, 0.1) || goal.Objective == GoalObjective.MostAccurate)
        {
            yield return recipe with { Calibration = CalibrationMethod.Entropy };
            yield return recipe with { Equalize = true };
            yield return recipe with { Equalize = true, CorrectBias = true, Calibration = CalibrationMethod.Mse };
            yield return recipe with { AdaRound = true };
        }

        if (goal.Objective != GoalObjective.MostAccurate)
        {
            yield return recipe with { PerTensorWeights = true };
        }

        if (goal.Objective == GoalObjective.Fastest)
        {
            // The first layers have the largest pictures and the fewest channels: there integers gain least.
            foreach (var count in new[] { 1, 2, 4, 6 }.Where(c => c < layers.Count))
            {
                yield return recipe with { KeepFloat = [.. layers.Take(count)] };
            }
        }
    }
}
