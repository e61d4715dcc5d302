namespace EdgeFleet.Compression.Pipeline;

/// <summary>What a variant that must not be handed out lacks.</summary>
public enum RefusalKind
{
    /// <summary>It agrees with the original less than its floor asks for.</summary>
    BelowFloor,

    /// <summary>Two runs of it give different answers.</summary>
    NotReproduced,

    /// <summary>It is slower than the original, by more than is allowed.</summary>
    Slower,

    /// <summary>It is the closest that a search found to a goal that none reaches.</summary>
    GoalNotReached,
}

/// <summary>Why a variant must not be handed out.</summary>
/// <param name="Kind">What it lacks.</param>
/// <param name="Reason">The same in a sentence with figures, for users.</param>
public sealed record Refusal(RefusalKind Kind, string Reason);
