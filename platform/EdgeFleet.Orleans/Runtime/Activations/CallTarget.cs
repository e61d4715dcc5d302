using Orleans.Runtime.Calls;

namespace Orleans.Runtime.Activations;

/// <summary>What calls to one grain are delivered to: its activation, or its group of workers.</summary>
internal abstract class CallTarget(GrainId grainId)
{
    public GrainId GrainId { get; } = grainId;

    /// <summary>True at the end: the catalog then has another, or none.</summary>
    public abstract bool IsGone { get; }

    /// <summary>Takes the call, or hands it back to be delivered anew when it is gone.</summary>
    public abstract void Receive(GrainCall call);

    /// <summary>Ends what has been idle for long enough.</summary>
    public abstract void CollectIdle(long nowMs);

    /// <summary>Ends after the work that waits, and returns then.</summary>
    public abstract Task ShutDownAsync(DeactivationReason reason);

    /// <summary>One of its activations, as tests and tools want to see it.</summary>
    public abstract Activation? Representative { get; }
}
