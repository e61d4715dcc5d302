namespace Orleans.Runtime.Activations;

/// <inheritdoc cref="IGrainLifecycle"/>
internal sealed class ActivationLifecycle : IGrainLifecycle
{
    public LifecycleStages Stages { get; } = new();

    public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer) => Stages.Add(observerName, stage, observer);
}
