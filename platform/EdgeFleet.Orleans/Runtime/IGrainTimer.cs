using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>A timer of an activation.</summary>
public interface IGrainTimer : IDisposable
{
    /// <summary>Begins anew. <see cref="Timeout.InfiniteTimeSpan"/> as due time stops it, as period makes it fire once.</summary>
    void Change(TimeSpan dueTime, TimeSpan period);
}

/// <summary>When a timer fires, and how its ticks stand to calls.</summary>
public readonly struct GrainTimerCreationOptions()
{
    [SetsRequiredMembers]
    public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
        : this()
    {
        DueTime = dueTime;
        Period = period;
    }

    /// <summary>Before the first tick; zero fires at once.</summary>
    public required TimeSpan DueTime { get; init; }

    /// <summary>From the end of one tick to the next; <see cref="Timeout.InfiniteTimeSpan"/> fires once.</summary>
    public required TimeSpan Period { get; init; }

    /// <summary>Whether ticks may run while a call awaits.</summary>
    public bool Interleave { get; init; }

    /// <summary>Whether a tick counts as use, so that the activation is not collected.</summary>
    public bool KeepAlive { get; init; }
}
