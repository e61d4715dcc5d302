using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Compression.Search;

/// <summary>One search under way.</summary>
internal sealed partial class SearchRun
{
    private const int Finals = 4;
    private const int LayerSamples = 64;

    private readonly IModelRunner _runner;
    private readonly TimeProvider _time;
    private readonly ISearchJournal? _journal;
    private readonly SearchRequest _request;
    private readonly CancellationToken _cancellationToken;
    private readonly long _begun;
    private readonly SampleFeeds _samples;
    private readonly QualityMeter _meter;
    private readonly PreparedModel _prepared;
    private readonly List<string> _layers;
    private readonly string _key;
    private readonly Dictionary<string, StudyCandidate> _known;
    private readonly List<StudyCandidate> _candidates = [];

    public SearchRun(IModelRunner runner, TimeProvider time, ISearchJournal? journal, SearchRequest request, CancellationToken cancellationToken)
    {
        (_runner, _time, _journal, _request, _cancellationToken) = (runner, time, journal, request, cancellationToken);
        _begun = time.GetTimestamp();
        Say(0, "prepare");
        _samples = SampleFeeds.Of(request.Model, request.Samples, runner, cancellationToken);
        _meter = new QualityMeter(runner, time, request.Model, _samples.Test, _samples.TestLabels);
        _prepared = new VariantBuilder(runner, null, cancellationToken).Prepare(request.Model);
        _layers = Layers();
        _key = Key();
        _known = [];
        foreach (var candidate in journal?.Load(_key) ?? [])
        {
            _known.TryAdd(candidate.Name, candidate);
        }
    }

    public SearchResult Run()
    {
        var hasSamples = _request.Samples.Calibration.Count > 0;
        Try(CandidatePlan.Forms(_request.Target, hasSamples));
        Try(CandidatePlan.Refinements(_request.Goal, [.. _candidates.Zip(Qualities(), (c, quality) => (c.Recipe, quality))], _layers, hasSamples));
        TryMixed();
        if ((WinnerRule.Choose(_request.Goal, Qualities()) ?? WinnerRule.Closest(_request.Goal, Qualities())) is { } best)
        {
            Try(CandidatePlan.Neighbours(_request.Goal.Objective, _candidates[best].Recipe, _request.Seed, hasSamples));
        }

        MeasureFinalsAgain();
        return Finish();
    }

    private void Try(IEnumerable<CompressionRecipe> recipes)
    {
        foreach (var recipe in recipes)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            var isKnown = _known.TryGetValue(Name(recipe), out var known);
            if (_candidates.Count >= _request.MostCandidates || _candidates.Exists(c => c.Name == Name(recipe)) || (!isKnown && IsOver))
            {
                continue;
            }

            Say(_candidates.Count + 1, Name(recipe));
            var candidate = isKnown ? known! : Measure(recipe);
            _candidates.Add(candidate);
            if (!isKnown)
            {
                _journal?.Append(_key, candidate);
            }

            _request.Progress?.Invoke(new SearchProgress(_candidates.Count, Outcome(candidate), candidate));
        }
    }

    private StudyCandidate Measure(CompressionRecipe recipe)
    {
        var begun = _time.GetTimestamp();
        double Seconds() => _time.GetElapsedTime(begun).TotalSeconds;
        try
        {
            var variant = Build(recipe);
            var sha = Convert.ToHexStringLower(SHA256.HashData(variant.Model));
            if (_candidates.Find(c => c.Sha256 == sha) is { } same)
            {
                return new(Name(recipe), recipe, sha, null, false, $"the same file as {same.Name}", variant.Passes, Seconds());
            }

            var quality = _meter.Measure(variant.Model, CompressionKinds.DefaultFloor(recipe.Kind), _request.LatencyRuns, _cancellationToken);
            return new(Name(recipe), recipe, sha, quality, false, null, variant.Passes, Seconds()) { Work = WorkSignature.Of(variant.Model) };
        }
        catch (Exception e) when (e is CompressionInputException or ModelRunException)
        {
            return new(Name(recipe), recipe, null, null, false, $"could not be made: {e.Message}", [], Seconds());
        }
    }

    /// <summary>Candidates that could win are timed again, longer and one after another against the original.</summary>
    private void MeasureFinalsAgain()
    {
        var measured = Qualities();
        var front = ParetoFront.Of(measured);
        for (var i = 0; i < _candidates.Count; i++)
        {
            var candidate = _candidates[i];
            if (front[i] && WinnerRule.Rejection(_request.Goal, measured[i]) is null)
            {
                Say(i + 1, $"measure {candidate.Name} again");
                var (ms, sourceMs) = _meter.Latency(Build(candidate.Recipe).Model, _request.LatencyRuns * Finals, _cancellationToken);
                _candidates[i] = candidate with { Quality = candidate.Quality! with { LatencyMs = ms, SourceLatencyMs = sourceMs } };
            }
        }
    }

    private SearchResult Finish()
    {
        var measured = Qualities();
        var winner = WinnerRule.Choose(_request.Goal, measured);
        var closest = winner is null ? WinnerRule.Closest(_request.Goal, measured) : null;
        var front = ParetoFront.Of(measured);
        for (var i = 0; i < _candidates.Count; i++)
        {
            _candidates[i] = _candidates[i] with { Quality = measured[i] };
        }

        for (var i = 0; i < _candidates.Count; i++)
        {
            _candidates[i] = _candidates[i] with { OnFront = front[i], RejectedBecause = i == winner ? null : Rejection(i, winner) };
        }

        if ((winner ?? closest) is not { } chosen)
        {
            return new(Study(null, null, [], null, new Dictionary<string, double>(), "No form of the model could be made and measured."), null);
        }

        Say(chosen + 1, "golden outputs");
        var variant = Build(_candidates[chosen].Recipe, histograms: true);
        var reproduced = Convert.ToHexStringLower(SHA256.HashData(variant.Model)) == _candidates[chosen].Sha256 && _meter.IsReproduced(variant.Model, _cancellationToken);
        var golden = new GoldenMaker(_runner).Make(variant.Model, _samples.Calibration, _request.GoldenCases, _cancellationToken);
        var layers = LayersOf(variant);
        var refusal = !reproduced ? new Refusal(RefusalKind.NotReproduced, "A second run did not reproduce the variant to the last bit.")
            : winner is null ? new Refusal(RefusalKind.GoalNotReached, $"The goal is not reached: {_candidates[chosen].RejectedBecause}.") : null;
        var result = new CompressionResult(
            _candidates[chosen].Recipe, variant.Model, _candidates[chosen].Quality!, golden, [.. _prepared.Passes, .. variant.Passes], refusal)
        {
            Layers = layers,
            Calibrated = variant.Calibration,
            PreparationPasses = _prepared.Passes.Count,
        };
        return new(Study(reproduced ? winner : null, reproduced ? closest : chosen, layers, variant.Calibration, golden.Tolerance, Verdict.Of(_request.Goal, _candidates, winner, closest)), result);
    }

    private string Rejection(int index, int? winner) =>
        _candidates[index].RejectedBecause
        ?? WinnerRule.Rejection(_request.Goal, _candidates[index].Quality)
        ?? (winner is { } w ? Verdict.Against(_request.Goal, _candidates[index].Quality!, _candidates[w].Quality!) : "not chosen");

    private IReadOnlyList<LayerError> LayersOf(BuiltVariant variant)
    {
        try
        {
            return new LayerErrors(_runner, _samples.Calibration).Measure(variant.FloatForm ?? _prepared.Model, variant.Model, variant.Originals, LayerSamples, _cancellationToken).Layers;
        }
        catch (ModelRunException)
        {
            return [];
        }
    }

    private BuiltVariant Build(CompressionRecipe recipe, bool histograms = false) =>
        new VariantBuilder(_runner, null, _cancellationToken) { Histograms = histograms }.Build(_prepared, recipe, _samples.Calibration);

    private List<string> Layers() =>
        [.. OnnxModel.Read(_prepared.Model).Graph.Nodes.Where(n => n.Is("Conv", "Gemm", "MatMul", "ConvTranspose")).Select(n => n.Outputs[0])];

    /// <summary>In the order of trial, with one latency for all that do the same work.</summary>
    private IReadOnlyList<QualityMeasurement?> Qualities() => PooledLatency.Of(_candidates.ConvertAll(c => c.Quality), _candidates.ConvertAll(c => c.Work));

    private bool IsOver => _time.GetElapsedTime(_begun) >= _request.Budget;

    private void Say(int candidate, string step) => _request.Progress?.Invoke(new SearchProgress(candidate, step, null));

    private static string Outcome(StudyCandidate candidate) => candidate.Quality is { } quality
        ? string.Create(CultureInfo.InvariantCulture,
            $"{candidate.Name}: {(double)quality.SizeBytes / quality.SourceSizeBytes:0.000} of the size, {quality.PointsLost:0.00} points lost, {quality.LatencyRatio:0.00} of the time")
        : $"{candidate.Name}: {candidate.RejectedBecause}";

    private string Key()
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(_request.Model.Span);
        var text = $"{typeof(CompressionSearch).Assembly.ManifestModule.ModuleVersionId}|{_request.Target}|{_request.CalibrationName}|{_samples.Calibration.Count}|{_samples.Test.Count}|{_request.LatencyRuns}|{_request.MeasuredOn}";
        digest.AppendData(Encoding.UTF8.GetBytes(text));
        foreach (var feed in new[] { _samples.Calibration, _samples.Test }.Distinct())
        {
            foreach (var tensor in feed.Batch(0, Math.Min(feed.BatchSize, feed.Count)))
            {
                digest.AppendData(tensor.Data.Span);
            }
        }

        digest.AppendData(MemoryMarshal.AsBytes<int>([.. _samples.TestLabels ?? []]));
        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    private CompressionStudy Study(
        int? winner, int? closest, IReadOnlyList<LayerError> layers, CalibrationFacts? calibrated, IReadOnlyDictionary<string, double> tolerance, string verdict) => new(
        _request.ModelName,
        Convert.ToHexStringLower(SHA256.HashData(_request.Model.Span)),
        _request.Model.Length,
        ProcessorTargets.NameOf(_request.Target),
        _request.MeasuredOn,
        _request.CalibrationName,
        _request.Goal.ToString(),
        _request.Seed,
        _time.GetElapsedTime(_begun).TotalSeconds,
        _candidates,
        winner,
        closest,
        verdict,
        _prepared.Passes,
        layers,
        calibrated,
        tolerance);
}
