using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Quantization;
using EdgeFleet.Compression.Quantization.WeightOnly;
using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>A model after the passes that every kind shares.</summary>
/// <param name="Model">ONNX bytes, float.</param>
/// <param name="Passes">What was done to it.</param>
internal sealed record PreparedModel(byte[] Model, IReadOnlyList<PassReport> Passes)
{
    /// <summary>Ranges of activations that the model itself tells, for calibration without data.</summary>
    public IReadOnlyDictionary<string, ValueRange> ExpectedRanges { get; init; } = new Dictionary<string, ValueRange>();
}

/// <summary>A model in the form of a recipe, not yet executed.</summary>
/// <param name="Model">ONNX bytes.</param>
/// <param name="Passes">What was done to the prepared model.</param>
/// <param name="Originals">From short names to those in the prepared model; empty where names were kept.</param>
internal sealed record BuiltVariant(byte[] Model, IReadOnlyList<PassReport> Passes, IReadOnlyDictionary<string, string> Originals)
{
    /// <summary>Ranges of activations, as collected for this variant; null where the kind needs none or others had collected them.</summary>
    public CalibrationFacts? Calibration { get; init; }

    /// <summary>What each method of accuracy recovery gained, in the order in which they were tried.</summary>
    public IReadOnlyList<RecoveryGain> Gains { get; init; } = [];

    /// <summary>
    /// The float model of which the integers were made: other inner values than the prepared model's where layers were equalized or
    /// smoothed, or the input's shift was folded, so layers are compared with this one. Null where it is the prepared model.
    /// </summary>
    public byte[]? FloatForm { get; init; }
}

/// <summary>Rewrites models: the pipeline of passes, in order. The same input gives the same bytes.</summary>
/// <param name="runner">The runtime, for constants, types and ranges.</param>
/// <param name="starting">Told of each step as it begins.</param>
/// <param name="cancellationToken">Looked at between steps.</param>
internal sealed class VariantBuilder(IModelRunner runner, Action<string>? starting, CancellationToken cancellationToken)
{
    /// <summary>Weights of a matrix that a model which is never put together holds packed also where float would be faster.</summary>
    private const long LargeMatrix = 1 << 20;

    /// <summary>Ranges shared with other variants of the same prepared model, feed and way of calibration; null collects them anew.</summary>
    public RangeCache? SharedRanges { get; init; }

    /// <summary>Makes histograms of activations for reports, also where the way of calibration does without.</summary>
    public bool Histograms { get; init; }

    /// <summary>Told of the share in [0, 1] of the calibration that is done.</summary>
    public Action<double>? Calibrating { get; init; }

    /// <summary>Where models made in place put the constants that are made for them; null keeps these in memory.</summary>
    public ConstantSpool? Spool { get; init; }

    /// <summary>Step 1: what every kind shares.</summary>
    /// <exception cref="CompressionInputException">The model cannot be used.</exception>
    public PreparedModel Prepare(ReadOnlyMemory<byte> model)
    {
        var source = OnnxModel.Read(model);
        var (passes, expected) = PrepareInPlace(source);
        return new(source.ToArray(), passes) { ExpectedRanges = expected };
    }

    /// <summary>Step 1 on a model in memory, which is never put together as one file.</summary>
    /// <param name="source">Edited in place; external data folded in.</param>
    /// <returns>What was done to it, and the ranges of activations that it tells by itself.</returns>
    /// <exception cref="CompressionInputException">The model cannot be used.</exception>
    public (IReadOnlyList<PassReport> Passes, IReadOnlyDictionary<string, ValueRange> Expected) PrepareInPlace(OnnxModel source)
    {
        GraphVerifier.Verify(source);
        var graph = new ModelGraph(source) { Spool = Spool };
        var passes = new PassRunner(graph, starting, cancellationToken)
            .Run(new DropDefaultInputs())
            .Run(new NameFreeDimensions())
            .Run(new InlineFunctions())
            .RunInEveryGraph(_ => new ConstantsToInitializers())
            .RunInEveryGraph(_ => new RemoveIdentities());
        var facts = new ScopedFacts(graph, runner);
        var expected = DataFreeRanges.Expected(graph);
        passes
            .RunInEveryGraph(g => new SimplifyShapes(facts.Of(g)))
            .RunInEveryGraph(_ => new FoldConstants(runner, cancellationToken))
            .RunInEveryGraph(_ => new FoldPads())
            .RunInEveryGraph(_ => new FoldGemmScalars())
            .RunInEveryGraph(g => new LinearToGemm(facts.Of(g)))
            .RunInEveryGraph(_ => new FoldChannelArithmetic())
            .RunInEveryGraph(_ => new FoldBatchNormalization())
            .RunInEveryGraph(_ => new FoldChannelArithmetic())
            .RunInEveryGraph(_ => new FoldNormalizationForward())
            .RunInEveryGraph(g => new NormalizeClamps(facts.Of(g)))
            .RunInEveryGraph(g => new RecognizeGlobalPooling(facts.Of(g)))
            .RunInEveryGraph(g => new RecognizeLayerNormalization(facts.Of(g)))
            .RunInEveryGraph(g => new RecognizeHardSwish(facts.Of(g)))
            .RunInEveryGraph(g => new RecognizeGelu(facts.Of(g)))
            .RunInEveryGraph(_ => new MergeConstants())
            .RunInEveryGraph(_ => new RemoveUnused())
            .Run(new DistinctNames());
        return (passes.Reports, expected);
    }

    /// <summary>Step 2 on a prepared model that is never put together in memory, for the kinds that are not fitted to samples layer by layer.</summary>
    /// <param name="prepared">Edited in place.</param>
    /// <param name="recipe">fp32, fp16, int8-dynamic, or weight-only without rounding that is fitted to samples.</param>
    /// <param name="feed">Samples that tell what float16 cannot hold.</param>
    /// <param name="load">Loads a model that shares its constants with the prepared one.</param>
    /// <exception cref="NotSupportedException">The recipe needs the whole model at once.</exception>
    public IReadOnlyList<PassReport> BuildInPlace(OnnxModel prepared, CompressionRecipe recipe, SampleFeed feed, Func<OnnxModel, IModelSession> load)
    {
        var graph = new ModelGraph(prepared) { Spool = Spool };
        var passes = new PassRunner(graph, starting, cancellationToken);
        FoldShift(passes, recipe);
        switch (recipe.Kind)
        {
            case CompressionKind.Fp32:
                break;
            case CompressionKind.Int8Dynamic:
                Dynamic(passes, graph, recipe);
                break;
            case CompressionKind.Fp16:
                var floats = new ScopedFacts(graph, runner);
                starting?.Invoke("calibrate");
                Half(passes, floats, HalfRanges.Unfit(graph, floats, feed, load, cancellationToken));
                break;
            case CompressionKind.Weights4 or CompressionKind.Weights8 when recipe.Rounding != WeightRounding.Gptq:
                Weights(passes, graph, recipe, WeightOnlySettings.Of(recipe) with { BlockedFrom = LargeMatrix }, null);
                break;
            default:
                throw new NotSupportedException($"A model of more than 2 GB is not made as {CompressionKinds.NameOf(recipe.Kind)}, which runs it on samples.");
        }

        prepared.Metadata.RemoveAll(m => m.Key == "edgefleet.profile");
        prepared.Metadata.Add(new OnnxEntry { Key = "edgefleet.profile", Value = CompressionKinds.NameOf(recipe.Kind) });
        return passes.Reports;
    }

    /// <summary>Steps 2 and 3: the recipe's own numbers; write and check.</summary>
    /// <param name="prepared">Not changed.</param>
    /// <param name="recipe">What to make of it.</param>
    /// <param name="feed">Calibration samples.</param>
    public BuiltVariant Build(PreparedModel prepared, CompressionRecipe recipe, SampleFeed feed) =>
        Build(OnnxModel.Read(prepared.Model), prepared.ExpectedRanges, recipe, feed);

    /// <summary>All steps on a model that is needed for nothing else, without a copy of it between them.</summary>
    /// <param name="source">Edited in place.</param>
    /// <param name="recipe">What to make of it.</param>
    /// <param name="feed">Calibration samples.</param>
    /// <exception cref="CompressionInputException">The model cannot be used.</exception>
    public BuiltVariant PrepareAndBuild(OnnxModel source, CompressionRecipe recipe, SampleFeed feed) =>
        Build(source, PrepareInPlace(source).Expected, recipe, feed);

    private BuiltVariant Build(OnnxModel source, IReadOnlyDictionary<string, ValueRange> expected, CompressionRecipe recipe, SampleFeed feed)
    {
        var graph = new ModelGraph(source);
        var passes = new PassRunner(graph, starting, cancellationToken);
        FoldShift(passes, recipe);
        BuiltVariant? made = null;
        switch (recipe.Kind)
        {
            case CompressionKind.Fp32:
                break;
            case CompressionKind.Fp16:
                var floats = new ScopedFacts(graph, runner);
                var unfit = HalfRanges.Unfit(graph, floats, feed, runner, cancellationToken);
                Half(passes, floats, unfit);
                break;
            case CompressionKind.Int8Dynamic:
                Dynamic(passes, graph, recipe);
                break;
            case CompressionKind.Weights4 or CompressionKind.Weights8:
                Weights(passes, graph, recipe, WeightOnlySettings.Of(recipe), feed);
                break;
            default:
                var told = recipe.Equalize || recipe.Smooth ? new Dictionary<string, ValueRange>() : expected;
                var settings = new CalibrationSettings { Method = recipe.Calibration, Histograms = Histograms, Progress = Calibrating };
                made = new StaticBuilder(runner, feed, recipe, told, settings, starting, cancellationToken).Build(passes, graph, recipe.FoldInputShift ? new() : SharedRanges ?? new());
                break;
        }

        var names = new ShortenNames();
        if (recipe.ShortNames)
        {
            passes.Run(names);
        }

        source.Metadata.RemoveAll(m => m.Key == "edgefleet.profile");
        source.Metadata.Add(new OnnxEntry { Key = "edgefleet.profile", Value = CompressionKinds.NameOf(recipe.Kind) });
        GraphVerifier.Verify(source);
        return new(source.ToArray(), passes.Reports, names.Originals) { Calibration = made?.Calibration, Gains = made?.Gains ?? [], FloatForm = made?.FloatForm };
    }

    private static void Half(PassRunner passes, ScopedFacts facts, HashSet<string> unfit) =>
        passes.Run(new HalfPrecision(facts, unfit)).RunInEveryGraph(_ => new HalfStorage());

    private static void FoldShift(PassRunner passes, CompressionRecipe recipe)
    {
        if (recipe.FoldInputShift)
        {
            passes.Run(new FoldInputShift());
        }
    }

    /// <summary>Dynamic quantization of what has integer kernels; the weights of all else in 8 bits, unpacked at load, so that they take no time.</summary>
    private void Dynamic(PassRunner passes, ModelGraph graph, CompressionRecipe recipe)
    {
        AlreadyQuantized.Refuse(graph.Model);
        var facts = new ScopedFacts(graph, runner);
        var keepFloat = recipe.KeepFloat.ToHashSet();
        var rest = new WeightOnlySettings(8, 256, keepFloat) { UseBlocked = false };
        passes.Run(new LiftOpset(facts.Main))
            .RunInEveryGraph(g => new DynamicQuantization(facts.Of(g), recipe.PerTensorWeights, keepFloat))
            .RunInEveryGraph(g => new DynamicLstm(facts.Of(g), recipe.PerTensorWeights, keepFloat))
            .RunInEveryGraph(g => new WeightOnlyQuantization(WeightOnlyPlan.Of(g, facts.Of(g), rest), new WeightRounder(WeightRounding.Nearest).Round));
    }

    /// <summary>Weight-only: plan, rounding (on the calibration samples where it is fitted to them), rewrite.</summary>
    private void Weights(PassRunner passes, ModelGraph graph, CompressionRecipe recipe, WeightOnlySettings settings, SampleFeed? feed)
    {
        var facts = new ScopedFacts(graph, runner);
        if (graph.Opset < UnpackedForm.LeastOpset)
        {
            passes.Run(new LiftOpset(facts.Main));
        }

        var rounder = new WeightRounder(recipe.Rounding);
        if (recipe.Rounding == WeightRounding.Gptq && feed is not null)
        {
            starting?.Invoke("calibrate");
            rounder.Fit(graph, WeightOnlyPlan.Of(graph, facts.Main, settings), feed, runner, cancellationToken);
        }

        passes.RunInEveryGraph(g => new WeightOnlyQuantization(WeightOnlyPlan.Of(g, facts.Of(g), settings), rounder.Round));
    }
}
