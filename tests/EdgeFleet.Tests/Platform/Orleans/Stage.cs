using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;

namespace EdgeFleet.Tests.Platform.Orleans;

/// <summary>Where a test and its grains meet: a grain enters a named phase and stays in it until the test lets it go. No sleeps.</summary>
internal sealed class Stage
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _entered = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _released = new();
    private readonly ConcurrentQueue<string> _log = new();
    private volatile bool _open;

    /// <summary>What happened, in order.</summary>
    public IReadOnlyList<string> Log => [.. _log];

    public void AddTo(ISiloBuilder silo) => silo.Services.AddSingleton(this);

    public void Note(string text) => _log.Enqueue(text);

    /// <summary>Called by the grain.</summary>
    public Task EnterAsync(string phase, CancellationToken cancellationToken = default)
    {
        Note($"{phase} begins");
        Of(_entered, phase).TrySetResult();
        return _open ? Task.CompletedTask : Of(_released, phase).Task.WaitAsync(cancellationToken);
    }

    public bool HasEntered(string phase) => Of(_entered, phase).Task.IsCompleted;

    /// <summary>Called by the test.</summary>
    public Task EnteredAsync(string phase) => Of(_entered, phase).Task.WaitAsync(Patience);

    /// <summary>At the end of a test, so that the silo can drain.</summary>
    public void ReleaseAll()
    {
        _open = true;
        foreach (var phase in _entered.Keys)
        {
            Release(phase);
        }
    }

    public void Release(string phase) => Of(_released, phase).TrySetResult();

    private static TaskCompletionSource Of(ConcurrentDictionary<string, TaskCompletionSource> all, string phase) =>
        all.GetOrAdd(phase, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
