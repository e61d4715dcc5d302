namespace EdgeFleet.Silo.Mqtt;

/// <summary>What a device may ask for at once.</summary>
internal static class BlobLimits
{
    public const int MinChunkBytes = 4 * 1024;

    /// <summary>Of the bitmap in a chunk request.</summary>
    public const int MaxBitmapBytes = 16 * 1024;

    /// <summary>Artifacts in delivery at once; a request beyond is dropped, the device asks again.</summary>
    public const int MaxTransfers = 1024;

    /// <summary>Chunks handed to the broker and not yet acknowledged by it.</summary>
    public const int ChunksInFlight = 16;
}
