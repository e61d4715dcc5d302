namespace Orleans.Runtime;

/// <summary>How a silo starts and stops. See <see cref="ServiceLifecycleStage"/>.</summary>
public interface ISiloLifecycle : ILifecycleObservable;
