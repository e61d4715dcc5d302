namespace Orleans.Runtime;

/// <summary>An activation: the grain's object with its queue of calls.</summary>
public interface IGrainContext : IEquatable<IGrainContext>
{
    GrainReference GrainReference { get; }

    GrainId GrainId { get; }

    /// <summary>The grain's object; null before it is constructed.</summary>
    object? GrainInstance { get; }

    ActivationId ActivationId { get; }

    /// <summary>A scope of its own, which ends with the activation.</summary>
    IServiceProvider ActivationServices { get; }

    /// <summary>Steps of activation and deactivation, for parts of a grain that have a say in them.</summary>
    IGrainLifecycle ObservableLifecycle { get; }

    /// <summary>Runs work as turns of this activation.</summary>
    IWorkItemScheduler Scheduler { get; }

    /// <summary>Ends when the activation has ended.</summary>
    Task Deactivated { get; }

    /// <summary>Ends the activation after the present turn; calls that wait go to the next one. Harmless when it is already ending.</summary>
    void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);
}

/// <inheritdoc cref="IGrainContext.Scheduler"/>
public interface IWorkItemScheduler
{
    void QueueAction(Action action);

    void QueueAction(Action<object?> action, object? state);

    void QueueTask(Task task);
}

/// <summary>The activation that the present code runs in.</summary>
public interface IGrainContextAccessor
{
    /// <summary>Null outside of grains.</summary>
    IGrainContext? GrainContext { get; }
}

/// <summary>What happens when an activation begins (stages in order) and ends (in the opposite order).</summary>
public interface IGrainLifecycle : ILifecycleObservable;

/// <inheritdoc cref="IGrainLifecycle"/>
public static class GrainLifecycleStage
{
    public const int First = int.MinValue;

    /// <summary>State is read.</summary>
    public const int SetupState = 1000;

    /// <summary><see cref="Grain.OnActivateAsync"/> and <see cref="Grain.OnDeactivateAsync"/>.</summary>
    public const int Activate = int.MaxValue - 1;

    public const int Last = int.MaxValue;
}

/// <inheritdoc cref="IGrainContext"/>
public static class GrainContextExtensions
{
    /// <summary>Ends the activation and waits for that.</summary>
    public static Task DeactivateAsync(
        this IGrainContext grainContext, DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        grainContext.Deactivate(deactivationReason, cancellationToken);
        return grainContext.Deactivated;
    }
}
