namespace Orleans.Configuration;

/// <summary>How calls behave.</summary>
public abstract class MessagingOptions
{
    private protected MessagingOptions()
    {
    }

    /// <summary>How long a call may take before its caller gets a <see cref="TimeoutException"/>. Noticed within a second or a tenth of it, whichever is less.</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a call that timed out while it waited in the queue is dropped.</summary>
    public bool DropExpiredMessages { get; set; } = true;

    /// <summary>Whether a timed-out call's <see cref="CancellationToken"/> is cancelled.</summary>
    public bool CancelRequestOnTimeout { get; set; } = true;

    /// <summary>Whether a cancelled call ends when the method has ended, and not at once.</summary>
    public bool WaitForCancellationAcknowledgement { get; set; }
}

/// <inheritdoc/>
public class SiloMessagingOptions : MessagingOptions
{
    /// <summary>Calls that may wait at one activation before further ones get a <see cref="Runtime.LimitExceededException"/>; 0 sets no limit.</summary>
    public int MaxEnqueuedRequestsHardLimit { get; set; }
}

/// <inheritdoc/>
public class ClientMessagingOptions : MessagingOptions;
