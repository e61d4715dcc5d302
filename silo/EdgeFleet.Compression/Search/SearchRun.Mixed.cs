using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Compression.Search;

/// <summary>Mixed precision: single layers in other numbers than the rest.</summary>
internal sealed partial class SearchRun
{
    /// <summary>Ranks the layers of the static form that loses least, where that is too much, and tries the worst of them in other numbers.</summary>
    private void TryMixed()
    {
        var best = _candidates.Where(c => CompressionKinds.NeedsCalibration(c.Recipe.Kind) && c.Quality is not null && c.Recipe.KeepFloat.Count == 0).MinBy(c => c.Quality!.PointsLost);
        if (best is null || IsOver || _candidates.Count >= _request.MostCandidates || !CandidatePlan.IsWorthMixing(_request.Goal, best.Recipe, best.Quality))
        {
            return;
        }

        Say(_candidates.Count + 1, "rank layers");
        var budget = (_request.Budget - _time.GetElapsedTime(_begun)) / 4;
        try
        {
            var ranking = new SensitivityRanking(_runner, _samples.Calibration, _time).Measure(_prepared, best.Recipe, LayerSamples, budget, _cancellationToken);
            Try(CandidatePlan.Mixed(best.Recipe, MixedPrecision.Order(ranking)));
        }
        catch (Exception e) when (e is CompressionInputException or ModelRunException)
        {
            Say(_candidates.Count + 1, $"layers cannot be ranked: {e.Message}");
        }
    }

    /// <summary>Where the layers that are an exception are not simply the first ones, their numbers tell which.</summary>
    private string Name(CompressionRecipe recipe)
    {
        List<string> named = [.. recipe.KeepFloat, .. recipe.WideActivations];
        var first = recipe.WideActivations.Count == 0 && named.SequenceEqual(_layers.Take(named.Count));
        return first ? recipe.ToString() : $"{recipe} (no. {string.Join(", ", named.Select(l => _layers.IndexOf(l) + 1))})";
    }
}
