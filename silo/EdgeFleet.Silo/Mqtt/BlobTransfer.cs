using System.Collections;
using EdgeFleet.Contracts.Delivery;
using Microsoft.Win32.SafeHandles;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>The chunks of one artifact that somebody waits for. Not safe for concurrent use.</summary>
internal sealed class BlobTransfer(SafeFileHandle file, long artifactBytes, int chunkBytes) : IDisposable
{
    private readonly BitArray _wanted = new(BlobChunk.CountFor(artifactBytes, chunkBytes));
    private int _next;

    public SafeFileHandle File { get; } = file;

    public int ChunkBytes { get; } = chunkBytes;

    public long ArtifactBytes { get; } = artifactBytes;

    public int ChunkCount => _wanted.Count;

    public int Pending { get; private set; }

    /// <summary>Adds what a device lacks to what others already wait for; bits beyond the last chunk mean nothing.</summary>
    public void Add(int offset, ReadOnlySpan<byte> missing)
    {
        for (var i = 0; i < missing.Length * 8; i++)
        {
            var chunk = (long)offset + i;
            if (chunk >= ChunkCount)
            {
                return;
            }

            if ((missing[i / 8] & (1 << (i % 8))) != 0 && !_wanted[(int)chunk])
            {
                _wanted[(int)chunk] = true;
                Pending++;
            }
        }
    }

    /// <summary>The next wanted chunk, in rising order and round again; it counts as served.</summary>
    public bool TryTake(out int chunk)
    {
        for (var i = 0; i < ChunkCount && Pending > 0; i++)
        {
            chunk = _next;
            _next = (_next + 1) % ChunkCount;
            if (_wanted[chunk])
            {
                _wanted[chunk] = false;
                Pending--;
                return true;
            }
        }

        chunk = -1;
        return false;
    }

    public async ValueTask<byte[]> ReadAsync(int chunk, CancellationToken cancellationToken)
    {
        var offset = (long)chunk * ChunkBytes;
        var payload = new byte[Math.Min(ChunkBytes, ArtifactBytes - offset)];
        var read = 0;
        while (read < payload.Length)
        {
            var count = await RandomAccess.ReadAsync(File, payload.AsMemory(read), offset + read, cancellationToken);
            if (count == 0)
            {
                throw new EndOfStreamException($"The artifact ends at {offset + read} of {ArtifactBytes} bytes.");
            }

            read += count;
        }

        return new BlobChunk(chunk, ChunkCount, ArtifactBytes, payload).Encode();
    }

    public void Dispose() => File.Dispose();
}
