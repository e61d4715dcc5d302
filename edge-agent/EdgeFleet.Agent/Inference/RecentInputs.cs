namespace EdgeFleet.Agent.Inference;

/// <summary>The device's most recent inputs, on which a new variant is compared with the serving one.</summary>
/// <param name="capacity">Inputs kept at most; fewer where they are larger than <paramref name="maxBytes"/> together.</param>
internal sealed class RecentInputs(int capacity, long maxBytes = 64 * 1024 * 1024)
{
    private readonly Lock _gate = new();
    private readonly Queue<Sample> _samples = new();
    private long _bytes;
    private (int Count, TaskCompletionSource Reached)? _awaited;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _samples.Count;
            }
        }
    }

    public void Add(Sample sample)
    {
        TaskCompletionSource? reached = null;
        lock (_gate)
        {
            _samples.Enqueue(sample);
            _bytes += sample.Data.Length;
            while (_samples.Count > capacity || (_bytes > maxBytes && _samples.Count > 1))
            {
                _bytes -= _samples.Dequeue().Data.Length;
            }

            if (_awaited is { } awaited && _samples.Count >= awaited.Count)
            {
                reached = awaited.Reached;
                _awaited = null;
            }
        }

        reached?.TrySetResult();
    }

    /// <summary>The newest inputs, at most so many, oldest first.</summary>
    public IReadOnlyList<Sample> Newest(int count)
    {
        lock (_gate)
        {
            return [.. _samples.Skip(Math.Max(0, _samples.Count - count))];
        }
    }

    /// <summary>Returns when there are so many inputs, or the time is over. One caller at a time.</summary>
    public async Task WaitForAsync(int count, TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        TaskCompletionSource reached;
        lock (_gate)
        {
            count = Math.Min(count, capacity);
            if (_samples.Count >= count)
            {
                return;
            }

            reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited = (count, reached);
        }

        try
        {
            await reached.Task.WaitAsync(atMost, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // What there is must do; the caller counts it.
        }
    }
}
