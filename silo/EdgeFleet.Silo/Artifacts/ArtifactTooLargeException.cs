namespace EdgeFleet.Silo.Artifacts;

/// <summary>More bytes came than allowed; nothing was stored.</summary>
internal sealed class ArtifactTooLargeException(long limitBytes)
    : IOException($"More than the allowed {limitBytes} bytes came.")
{
    public long LimitBytes { get; } = limitBytes;
}
