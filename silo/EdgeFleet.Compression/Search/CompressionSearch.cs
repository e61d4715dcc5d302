using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Search;

/// <summary>What a search found.</summary>
/// <param name="Study">All that was tried.</param>
/// <param name="Best">The winner; where none reaches the goal, the closest; null where nothing could be made.</param>
public sealed record SearchResult(CompressionStudy Study, CompressionResult? Best)
{
    /// <summary>True where the goal is reached.</summary>
    public bool IsReached => Study.Winner is not null;
}

/// <summary>
/// Turns a goal into a variant: makes candidates, executes and measures each, drops what is dominated, measures the rest again side by
/// side and explains the winner. A candidate without a measurement never wins.
/// </summary>
/// <param name="runner">The runtime.</param>
/// <param name="time">Clock of budget and latencies.</param>
/// <param name="journal">Keeps measured candidates; null keeps none.</param>
public sealed class CompressionSearch(IModelRunner runner, TimeProvider time, ISearchJournal? journal)
{
    /// <exception cref="CompressionInputException">Model, samples or labels cannot be used.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; what was measured is in the journal.</exception>
    public SearchResult Run(SearchRequest request, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(request.LatencyRuns, 10, nameof(request));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.LatencyRuns, 10_000, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThan(request.MostCandidates, 1, nameof(request));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.MostCandidates, 200, nameof(request));
        request.Samples.Check();
        try
        {
            return new SearchRun(runner, time, journal, request, cancellationToken).Run();
        }
        catch (ModelRunException e)
        {
            throw new InvalidModelException($"The runtime cannot run the model: {e.Message}", null, e);
        }
    }
}
