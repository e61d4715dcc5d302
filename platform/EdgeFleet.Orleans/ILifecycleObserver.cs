namespace Orleans;

/// <summary>Takes part in something that begins and ends in stages.</summary>
public interface ILifecycleObserver
{
    Task OnStart(CancellationToken cancellationToken = default);

    Task OnStop(CancellationToken cancellationToken = default);
}

/// <summary>Something that begins and ends in stages: those of equal number together, lower ones first, and at the end the other way round.</summary>
public interface ILifecycleObservable
{
    /// <summary>Disposing the result takes the observer out.</summary>
    IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer);
}

/// <summary>A service that wants a say in a lifecycle; found through dependency injection.</summary>
public interface ILifecycleParticipant<in TLifecycleObservable>
    where TLifecycleObservable : ILifecycleObservable
{
    void Participate(TLifecycleObservable lifecycle);
}
