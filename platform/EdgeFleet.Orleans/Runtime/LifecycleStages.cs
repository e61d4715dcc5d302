namespace Orleans.Runtime;

/// <summary>Observers by stage: starts them upwards, and stops those that were started downwards.</summary>
internal sealed class LifecycleStages
{
    private readonly List<Entry> _entries = [];
    private long _reached = long.MinValue;

    public IDisposable Add(string name, int stage, ILifecycleObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        var entry = new Entry(this, name, stage, observer);
        lock (_entries)
        {
            _entries.Add(entry);
        }

        return entry;
    }

    /// <summary>Starts all up to and with this stage which have not been started; those of one stage together.</summary>
    public async Task StartAsync(int upTo, CancellationToken cancellationToken)
    {
        foreach (var stage in Snapshot().Where(e => e.Stage > _reached && e.Stage <= upTo).GroupBy(e => e.Stage).OrderBy(g => g.Key))
        {
            cancellationToken.ThrowIfCancellationRequested();
            _reached = stage.Key;
            await Task.WhenAll(stage.Select(e => e.Observer.OnStart(cancellationToken)));
        }
    }

    /// <summary>Stops all down to and with this stage. Goes on when one fails, and reports the first failure at the end.</summary>
    public async Task StopAsync(int downTo, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        foreach (var stage in Snapshot().Where(e => e.Stage <= _reached && e.Stage >= downTo).GroupBy(e => e.Stage).OrderByDescending(g => g.Key))
        {
            _reached = (long)stage.Key - 1;
            try
            {
                await Task.WhenAll(stage.Select(e => e.Observer.OnStop(cancellationToken)));
            }
            catch (Exception e)
            {
                failure ??= e;
            }
        }

        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    private List<Entry> Snapshot()
    {
        lock (_entries)
        {
            return [.. _entries];
        }
    }

    private sealed class Entry(LifecycleStages owner, string name, int stage, ILifecycleObserver observer) : IDisposable
    {
        public int Stage => stage;

        public ILifecycleObserver Observer => observer;

        public void Dispose()
        {
            lock (owner._entries)
            {
                owner._entries.Remove(this);
            }
        }

        public override string ToString() => $"{name} at {stage}";
    }
}
