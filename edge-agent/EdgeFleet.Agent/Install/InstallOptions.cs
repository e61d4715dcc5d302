namespace EdgeFleet.Agent.Install;

/// <summary>Bounds of an install.</summary>
internal sealed record InstallOptions
{
    /// <summary>Silence after which missing chunks are asked for again; doubled each time nothing came, up to <see cref="StallMax"/>.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan StallMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Silence after the last chunk asked for, or a damaged one, before what is still missing is asked for again.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Connected time without any new chunk after which a download has failed. Time offline does not count: such a device waits.</summary>
    public TimeSpan NoProgressLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Connected time that one artifact may take in all.</summary>
    public TimeSpan DownloadLimit { get; init; } = TimeSpan.FromHours(6);

    /// <summary>How long the proof waits for as many recent inputs as it wants; then it takes what there is, and none at all fails.</summary>
    public TimeSpan RecentInputsWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long beyond the soak time the first answer of a new variant may take to come.</summary>
    public TimeSpan FirstAnswerWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Starts that may find the same generation half proved or soaking; one more, and the variant is held to kill the process.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>Wait before a step is tried again when the disk refused to save the state; the old variant serves meanwhile.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(2);
}
