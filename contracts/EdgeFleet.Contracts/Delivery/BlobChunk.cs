using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Contracts.Delivery;

/// <summary>A device asks for chunks of an artifact that it lacks.</summary>
/// <param name="Device">The sender.</param>
/// <param name="Artifact">Whose chunks.</param>
/// <param name="ChunkBytes">Payload bytes of each chunk but the last.</param>
/// <param name="Offset">Index of the chunk that the first bit of Missing stands for.</param>
/// <param name="Missing">Bitmap, least significant bit first; a set bit is a missing chunk. Base64 in JSON; at most 16 KiB.</param>
public sealed record ChunkRequest(DeviceId Device, Sha256Digest Artifact, int ChunkBytes, int Offset, byte[] Missing);

/// <summary>A piece of an artifact, as bytes on the wire.</summary>
/// <remarks>
/// Layout, little-endian: magic "EFC1" (4 bytes), index (int32), count (int32), artifact bytes (int64), SHA-256 of all else in the
/// message, index, count and size included (32 bytes), payload. A flipped bit anywhere is therefore found in the chunk where it happened.
/// </remarks>
public sealed record BlobChunk(int Index, int Count, long ArtifactBytes, ReadOnlyMemory<byte> Payload)
{
    public const int HeaderBytes = 4 + 4 + 4 + 8 + 32;
    public const int DefaultChunkBytes = 64 * 1024;
    public const int MaxChunkBytes = 1024 * 1024;

    private const int HashAt = 20;

    private static ReadOnlySpan<byte> Magic => "EFC1"u8;

    public byte[] Encode()
    {
        var bytes = new byte[HeaderBytes + Payload.Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Index);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Count);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(12), ArtifactBytes);
        Payload.Span.CopyTo(bytes.AsSpan(HeaderBytes));
        Hash(bytes, bytes.AsSpan(HashAt, 32));
        return bytes;
    }

    /// <summary>Reads a chunk; false, with the reason, when it is malformed or any bit of it changed on the way.</summary>
    public static bool TryDecode(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out BlobChunk? chunk, [NotNullWhen(false)] out string? error)
    {
        chunk = null;
        var span = bytes.Span;
        if (span.Length < HeaderBytes || !span[..4].SequenceEqual(Magic))
        {
            error = "not a blob chunk";
            return false;
        }

        Span<byte> hash = stackalloc byte[32];
        Hash(span, hash);
        if (!hash.SequenceEqual(span.Slice(HashAt, 32)))
        {
            error = "chunk is damaged: its checksum does not match";
            return false;
        }

        var index = BinaryPrimitives.ReadInt32LittleEndian(span[4..]);
        var count = BinaryPrimitives.ReadInt32LittleEndian(span[8..]);
        var size = BinaryPrimitives.ReadInt64LittleEndian(span[12..]);
        if (index < 0 || count <= index || size < 0 || span.Length - HeaderBytes > MaxChunkBytes)
        {
            error = $"chunk {index} of {count} with {size} bytes is impossible";
            return false;
        }

        chunk = new BlobChunk(index, count, size, bytes[HeaderBytes..]);
        error = null;
        return true;
    }

    public static int CountFor(long artifactBytes, int chunkBytes) => (int)((artifactBytes + chunkBytes - 1) / chunkBytes);

    private static void Hash(ReadOnlySpan<byte> message, Span<byte> destination)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(message[..HashAt]);
        sha.AppendData(message[HeaderBytes..]);
        sha.GetHashAndReset(destination);
    }
}
