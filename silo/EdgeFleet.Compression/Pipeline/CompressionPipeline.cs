namespace EdgeFleet.Compression.Pipeline;

/// <summary>Makes variants: rewrites a model, executes the result beside the original and measures it. Stateless and safe for concurrent use.</summary>
/// <param name="runner">The runtime.</param>
/// <param name="time">Clock of limits and latencies.</param>
public sealed class CompressionPipeline(IModelRunner runner, TimeProvider time)
{
    /// <summary>Makes one variant. The same request gives the same bytes; only measured times differ.</summary>
    /// <returns>The variant with its measurements; refused ones too, with the reason.</returns>
    /// <exception cref="CompressionInputException">Model, calibration data or labels cannot be used; names what and why.</exception>
    /// <exception cref="TimeoutException">It took longer than the request allows.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public CompressionResult Produce(CompressionRequest request, CancellationToken cancellationToken)
    {
        Check(request);
        using var limit = new CancellationTokenSource(request.TimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return Produce(request, new StepMeter(request.Progress), either.Token);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Making the {CompressionKinds.NameOf(request.Recipe.Kind)} variant took longer than {request.TimeLimit}.", e);
        }
        catch (ModelRunException e)
        {
            throw new InvalidModelException($"The runtime cannot run the model: {e.Message}", null, e);
        }
    }

    /// <summary>The whole production, step by step.</summary>
    private CompressionResult Produce(CompressionRequest request, StepMeter meter, CancellationToken cancellationToken)
    {
        var samples = SampleFeeds.Of(request.Model, request.Samples, runner, cancellationToken);
        var builder = new VariantBuilder(runner, meter.Begin, cancellationToken) { Calibrating = meter.Within, Histograms = request.Histograms };
        var prepared = builder.Prepare(request.Model);
        var variant = builder.Build(prepared, request.Recipe, samples.Calibration);

        // What calibration left goes before two more sessions come: else the peak would depend on how many samples there were.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

        // Execute beside the original, make the golden set.
        meter.Begin("compare");
        var quality = new QualityMeter(runner, time, request.Model, samples.Test, samples.TestLabels);
        var measured = quality.Measure(
            variant.Model, request.Floor ?? CompressionKinds.DefaultFloor(request.Recipe.Kind), request.LatencyRuns, cancellationToken);
        var gate = new VariantGate(runner, quality, request.MostLatencyRatio).Check(prepared, variant, measured, samples.Calibration, request.LatencyRuns, cancellationToken);
        meter.Begin("golden");
        var golden = new GoldenMaker(runner).Make(variant.Model, samples.Calibration, request.GoldenCases, cancellationToken);
        return new CompressionResult(request.Recipe, variant.Model, gate.Quality, golden, [.. prepared.Passes, .. variant.Passes], gate.Refusal)
        {
            Layers = gate.Layers,
            Calibrated = variant.Calibration,
            PreparationPasses = prepared.Passes.Count,
        };
    }

    private static void Check(CompressionRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(request.LatencyRuns, nameof(request));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.LatencyRuns, 10_000, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThan(request.GoldenCases, 1, nameof(request));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.GoldenCases, 64, nameof(request));
        request.Samples.Check();
        if (request.Floor is { } floor && !(floor is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(request), floor, "A floor is a share in [0, 1].");
        }
    }

    /// <summary>Tells a listener of each step; shares come from the usual number of steps.</summary>
    private sealed class StepMeter(Action<CompressionProgress>? listener)
    {
        private const double UsualSteps = 14;
        private int _begun;

        private string _step = "";
        private double _told;

        public void Begin(string step)
        {
            (_step, _told) = (step, 0);
            listener?.Invoke(new CompressionProgress(step, Math.Min(1, _begun++ / UsualSteps)));
        }

        /// <summary>Tells of a step under way, at most a hundred times.</summary>
        public void Within(double share)
        {
            if (share >= _told + 0.01)
            {
                _told = share;
                listener?.Invoke(new CompressionProgress(_step, Math.Min(1, (_begun - 1 + share) / UsualSteps)) { StepShare = share });
            }
        }
    }
}
