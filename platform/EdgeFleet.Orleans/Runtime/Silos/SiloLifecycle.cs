namespace Orleans.Runtime.Silos;

/// <inheritdoc/>
internal sealed class SiloLifecycle : ISiloLifecycle
{
    public LifecycleStages Stages { get; } = new();

    public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer) => Stages.Add(observerName, stage, observer);
}
