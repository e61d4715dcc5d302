namespace EdgeFleet.Silo.Dashboard;

/// <summary>Answers per second over the last seconds, from a count that only rises.</summary>
internal sealed class RateMeter
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Queue<(DateTimeOffset At, long Count)> _seen = new();

    /// <summary>Null until there are two looks at least a second apart.</summary>
    public double? PerSecond { get; private set; }

    /// <param name="at">Not before the last look.</param>
    /// <param name="count">A smaller one than before (a device began anew) starts the measurement again.</param>
    public void Add(DateTimeOffset at, long count)
    {
        if (_seen.Count > 0 && count < _seen.Last().Count)
        {
            _seen.Clear();
        }

        _seen.Enqueue((at, count));
        while (_seen.Count > 2 && at - _seen.ElementAt(1).At >= Window)
        {
            _seen.Dequeue();
        }

        var (since, before) = _seen.Peek();
        PerSecond = at - since >= TimeSpan.FromSeconds(1) ? (count - before) / (at - since).TotalSeconds : null;
    }
}
