using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgeFleet.Agent.State;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Models;
using Microsoft.Win32.SafeHandles;

namespace EdgeFleet.Agent.Install;

/// <summary>An artifact on its way: a file of full size, and beside it a map of the chunks that are on the disk.</summary>
/// <remarks>
/// The map is replaced only after the data it speaks of was flushed, so a chunk marked as held is held, whenever the process dies.
/// Map: magic "EFM1", artifact bytes (int64), chunk bytes (int32), received bytes (int64), bitmap, SHA-256 of all before. Safe for concurrent callers.
/// </remarks>
internal sealed class PartialArtifact : IDisposable
{
    private const int MapHeaderBytes = 4 + 8 + 4 + 8;
    private const int ChunksPerFlush = 32;

    private readonly Lock _gate = new();
    private readonly ArtifactRef _artifact;
    private readonly int _chunkBytes;
    private readonly string _dataPath;
    private readonly string _mapPath;
    private readonly SafeFileHandle _data;
    private readonly ChunkBitmap _bitmap;
    private int _unflushed;

    private PartialArtifact(ArtifactRef artifact, int chunkBytes, string path, SafeFileHandle data, ChunkBitmap bitmap, long received)
    {
        _artifact = artifact;
        _chunkBytes = chunkBytes;
        _dataPath = path + ".part";
        _mapPath = path + ".map";
        _data = data;
        _bitmap = bitmap;
        BytesReceived = received;
    }

    /// <summary>What became of a message.</summary>
    public enum Taken
    {
        New,
        Duplicate,
        Damaged,

        /// <summary>Whole, but not a chunk of this artifact in this chunk size.</summary>
        Foreign,
    }

    /// <summary>Chunk payload bytes received, repeated and damaged ones included.</summary>
    public long BytesReceived { get; private set; }

    public bool Complete
    {
        get
        {
            lock (_gate)
            {
                return _bitmap.Complete;
            }
        }
    }

    public int Held
    {
        get
        {
            lock (_gate)
            {
                return _bitmap.Held;
            }
        }
    }

    public int Count => _bitmap.Count;

    /// <summary>Takes up a download where it was left, or begins one and takes its room on the disk.</summary>
    /// <param name="path">Final path of the artifact.</param>
    /// <exception cref="IOException">No room (see <see cref="DurableFile.IsDiskFull"/>), or the disk refused.</exception>
    public static PartialArtifact Open(ArtifactRef artifact, int chunkBytes, string path)
    {
        var count = BlobChunk.CountFor(artifact.SizeBytes, chunkBytes);
        var data = path + ".part";
        if (File.Exists(data) && new FileInfo(data).Length == artifact.SizeBytes && ReadMap(path + ".map", artifact, chunkBytes, count) is { } map)
        {
            return new PartialArtifact(artifact, chunkBytes, path, File.OpenHandle(data, FileMode.Open, FileAccess.ReadWrite, FileShare.Read), map.Bitmap, map.Received);
        }

        File.Delete(path + ".map");
        File.Delete(data);
        var handle = File.OpenHandle(data, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            DurableFile.Allocate(handle, artifact.SizeBytes);
            return new PartialArtifact(artifact, chunkBytes, path, handle, new ChunkBitmap(count), 0);
        }
        catch (IOException)
        {
            handle.Dispose();
            File.Delete(data);
            throw;
        }
    }

    /// <summary>Checks and stores a chunk message.</summary>
    /// <param name="index">The chunk's index where it is new.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    public Taken Accept(ReadOnlyMemory<byte> message, out int index)
    {
        lock (_gate)
        {
            index = -1;
            BytesReceived += Math.Max(0, message.Length - BlobChunk.HeaderBytes);
            if (!BlobChunk.TryDecode(message, out var chunk, out _))
            {
                return Taken.Damaged;
            }

            if (chunk.Count != _bitmap.Count || chunk.ArtifactBytes != _artifact.SizeBytes || chunk.Payload.Length != LengthOf(chunk.Index))
            {
                return Taken.Foreign;
            }

            index = chunk.Index;
            if (_bitmap[index])
            {
                return Taken.Duplicate;
            }

            RandomAccess.Write(_data, chunk.Payload.Span, (long)index * _chunkBytes);
            _bitmap.Set(index);
            if (++_unflushed >= ChunksPerFlush && !_bitmap.Complete)
            {
                FlushLocked();
            }

            return Taken.New;
        }
    }

    public (int Offset, byte[] Missing, int Last) Missing()
    {
        lock (_gate)
        {
            return _bitmap.Missing();
        }
    }

    /// <summary>Makes durable what is held so far.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_unflushed > 0)
            {
                FlushLocked();
            }
        }
    }

    /// <summary>Hashes the whole and, where it is what was asked for, gives it its final name; otherwise all of it is deleted.</summary>
    public bool TryFinish(string path)
    {
        lock (_gate)
        {
            RandomAccess.FlushToDisk(_data);
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[256 * 1024];
            for (long at = 0; at < _artifact.SizeBytes;)
            {
                var read = RandomAccess.Read(_data, buffer, at);
                if (read == 0)
                {
                    break;
                }

                sha.AppendData(buffer, 0, read);
                at += read;
            }

            if (Convert.ToHexStringLower(sha.GetHashAndReset()) != _artifact.Sha256.Value)
            {
                Delete();
                return false;
            }

            File.Move(_dataPath, path, overwrite: true);
            File.Delete(_mapPath);
            DurableFile.FlushFolder(Path.GetDirectoryName(path)!);
            return true;
        }
    }

    /// <summary>Gives its room back.</summary>
    public void Delete()
    {
        lock (_gate)
        {
            _data.Dispose();
            File.Delete(_mapPath);
            File.Delete(_dataPath);
        }
    }

    public void Dispose() => _data.Dispose();

    private static (ChunkBitmap Bitmap, long Received)? ReadMap(string path, ArtifactRef artifact, int chunkBytes, int count)
    {
        var bitmapBytes = (count + 7) / 8;
        if (!File.Exists(path) || new FileInfo(path).Length != MapHeaderBytes + bitmapBytes + 32)
        {
            return null;
        }

        var bytes = File.ReadAllBytes(path).AsSpan();
        var same = bytes[..4].SequenceEqual("EFM1"u8)
            && BinaryPrimitives.ReadInt64LittleEndian(bytes[4..]) == artifact.SizeBytes
            && BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]) == chunkBytes
            && SHA256.HashData(bytes[..^32]).AsSpan().SequenceEqual(bytes[^32..]);
        return same
            ? (new ChunkBitmap(count, bytes.Slice(MapHeaderBytes, bitmapBytes)), BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]))
            : null;
    }

    private int LengthOf(int index) => (int)Math.Min(_chunkBytes, _artifact.SizeBytes - ((long)index * _chunkBytes));

    private void FlushLocked()
    {
        RandomAccess.FlushToDisk(_data);
        var bytes = new byte[MapHeaderBytes + _bitmap.Bits.Length + 32];
        "EFM1"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(4), _artifact.SizeBytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), _chunkBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), BytesReceived);
        _bitmap.Bits.CopyTo(bytes.AsSpan(MapHeaderBytes));
        SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32), bytes.AsSpan(bytes.Length - 32));
        DurableFile.Replace(_mapPath, bytes);
        _unflushed = 0;
    }
}
