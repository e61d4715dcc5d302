namespace Orleans.Runtime.Activations;

/// <summary>A turn that begins the end of an activation.</summary>
/// <param name="Reason">Why.</param>
/// <param name="OnlyIfIdle">Not when it came to be used meanwhile.</param>
/// <param name="Drain">The calls that wait are run first.</param>
internal sealed record DeactivationTurn(DeactivationReason Reason, bool OnlyIfIdle, bool Drain);
