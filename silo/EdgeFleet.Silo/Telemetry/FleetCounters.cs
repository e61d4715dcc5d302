using System.Collections.Concurrent;
using EdgeFleet.Silo.Mqtt;

namespace EdgeFleet.Silo.Telemetry;

/// <summary>What the silo itself counts, since its start.</summary>
internal sealed class FleetCounters
{
    private readonly ConcurrentDictionary<string, long> _taken = new();
    private readonly long[] _rejected = new long[Enum.GetValues<UpFault>().Length];
    private long _chunks;
    private long _chunkBytes;

    /// <summary>Messages taken in, by kind.</summary>
    public IReadOnlyDictionary<string, long> Taken => _taken;

    public long Chunks => Volatile.Read(ref _chunks);

    /// <summary>Payload bytes of the published chunks.</summary>
    public long ChunkBytes => Volatile.Read(ref _chunkBytes);

    public long Rejected(UpFault fault) => Volatile.Read(ref _rejected[(int)fault]);

    /// <param name="kind">One of <see cref="Contracts.UpKind"/>, so that there are few.</param>
    public void MessageTaken(string kind) => _taken.AddOrUpdate(kind, 1, static (_, n) => n + 1);

    public void MessageRejected(UpFault fault) => Interlocked.Increment(ref _rejected[(int)fault]);

    public void ChunkPublished(int payloadBytes)
    {
        Interlocked.Increment(ref _chunks);
        Interlocked.Add(ref _chunkBytes, payloadBytes);
    }
}
