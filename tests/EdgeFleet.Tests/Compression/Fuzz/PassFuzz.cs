using System.Globalization;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>
/// Runs random models before and after every preparation pass, each alone and all in order, and compares the answers. A difference
/// beyond the tolerance counts unless rounding alone explains it.
/// </summary>
public static class PassFuzz
{
    /// <summary>Largest difference allowed, over the largest magnitude of the output, or 1 where that is smaller.</summary>
    private const double Tolerance = 2e-4;

    /// <summary>A pass may round as often as this many steps of noise at every value.</summary>
    private const double RoundingSteps = 4;

    /// <summary>The passes that prepare a model; each is made for a graph.</summary>
    internal static readonly IReadOnlyList<Func<ModelGraph, IGraphPass>> Passes =
    [
        _ => new DropDefaultInputs(),
        _ => new NameFreeDimensions(),
        _ => new ConstantsToInitializers(),
        _ => new RemoveIdentities(),
        g => new SimplifyShapes(Facts(g)),
        _ => new FoldConstants(TestModels.Runner, CancellationToken.None),
        _ => new FoldPads(),
        _ => new FoldGemmScalars(),
        g => new LinearToGemm(Facts(g)),
        _ => new FoldChannelArithmetic(),
        _ => new FoldBatchNormalization(),
        _ => new FoldNormalizationForward(),
        g => new NormalizeClamps(Facts(g)),
        g => new RecognizeGlobalPooling(Facts(g)),
        g => new RecognizeLayerNormalization(Facts(g)),
        g => new RecognizeHardSwish(Facts(g)),
        g => new RecognizeGelu(Facts(g)),
        _ => new MergeConstants(),
        _ => new RemoveUnused(),
        _ => new ShortenNames(),
    ];

    /// <summary>Everything that went wrong with the models of some seeds, as text that names seed and pass.</summary>
    /// <param name="first">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static IEnumerable<string> Failures(long first, long count, CancellationToken cancellationToken)
    {
        for (var seed = first; seed < first + count && !cancellationToken.IsCancellationRequested; seed++)
        {
            foreach (var failure in Failures(seed))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {failure}");
            }
        }
    }

    private static ValueFacts Facts(ModelGraph graph) => ValueFacts.Of(graph, TestModels.Runner);

    private static IEnumerable<string> Failures(long seed)
    {
        var (model, inputs, one) = RandomGraphs.Make(seed);
        var bytes = model.ToArray();
        if (Answers(bytes, inputs, out var refusal) is not { } before)
        {
            yield return $"the model itself does not run: {refusal}";
            yield break;
        }

        foreach (var make in Passes)
        {
            var read = OnnxModel.Read(bytes);
            var graph = new ModelGraph(read);
            var pass = make(graph);
            if (Changed(read, graph, pass, bytes, out var failure) is { } changed)
            {
                failure = Difference(bytes, before, changed, inputs);
            }

            if (failure is not null)
            {
                yield return $"{pass.Name}: {failure}";
            }
        }

        // Prepared from a symbolic batch, it must hold for every one.
        if ((Prepared(bytes, inputs, before) ?? Prepared(bytes, one, Answers(bytes, one, out _)!)) is { } wrong)
        {
            yield return $"all in order: {wrong}";
        }
    }

    /// <summary>The model after a pass; null where the pass had nothing to do, or failed.</summary>
    private static byte[]? Changed(OnnxModel model, ModelGraph graph, IGraphPass pass, byte[] before, out string? failure)
    {
        failure = null;
        try
        {
            var changes = new PassRunner(graph, null, CancellationToken.None).Run(pass).Reports[0].Changes;
            var after = model.ToArray();
            if (changes > 0)
            {
                return after;
            }

            failure = after.AsSpan().SequenceEqual(before) ? null : "changed the model and reported nothing";
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            failure = e.Message;
        }

        return null;
    }

    private static string? Prepared(byte[] model, IReadOnlyList<ModelTensor> inputs, IReadOnlyList<ModelTensor> before)
    {
        try
        {
            var builder = new VariantBuilder(TestModels.Runner, null, CancellationToken.None);
            var prepared = builder.Prepare(model).Model;
            return Difference(model, before, prepared, inputs)
                ?? (builder.Prepare(model).Model.AsSpan().SequenceEqual(prepared) ? null : "preparing twice gives different bytes");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return e.Message;
        }
    }

    private static string? Difference(byte[] original, IReadOnlyList<ModelTensor> before, byte[] model, IReadOnlyList<ModelTensor> inputs)
    {
        if (Answers(model, inputs, out var refusal) is not { } after)
        {
            return refusal;
        }

        foreach (var (was, now) in before.Zip(after))
        {
            if (was.Name != now.Name || !was.Dimensions.SequenceEqual(now.Dimensions))
            {
                return $"output {was.Name} [{string.Join(',', was.Dimensions)}] became {now.Name} [{string.Join(',', now.Dimensions)}]";
            }

            var (largest, difference) = (1d, 0d);
            for (var i = 0; i < was.Count; i++)
            {
                largest = Math.Max(largest, Math.Abs(was.Floats[i]));
                difference = Math.Max(difference, Math.Abs((double)was.Floats[i] - now.Floats[i]));
            }

            if (!(difference <= Tolerance * largest) && !(difference <= RoundingSteps * RoundingNoise.Of(original, inputs)[was.Name]))
            {
                return string.Create(CultureInfo.InvariantCulture, $"output {was.Name} differs by {difference} of {largest}");
            }
        }

        return null;
    }

    private static IReadOnlyList<ModelTensor>? Answers(byte[] model, IReadOnlyList<ModelTensor> inputs, out string? refusal)
    {
        refusal = null;
        try
        {
            using var session = TestModels.Runner.Load(model, new ModelSessionOptions { Optimization = GraphOptimization.Disabled });
            return session.Run(inputs, [], CancellationToken.None);
        }
        catch (ModelRunException e)
        {
            refusal = e.Message;
            return null;
        }
    }
}
