using System.Buffers.Binary;
using System.Security.Cryptography;

namespace EdgeFleet.Agent.State;

/// <summary>One record of the outbox file: length (4 bytes, little-endian), kind (1), first 8 bytes of the SHA-256 of kind and payload, payload.</summary>
internal readonly record struct OutboxRecord(byte Kind, ReadOnlyMemory<byte> Payload)
{
    public const byte Header = 1;
    public const byte Batch = 2;
    public const byte Ack = 3;

    private const int PrefixBytes = 13;
    private const int MaxPayloadBytes = 64 * 1024;

    public void AppendTo(List<byte> target)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        BinaryPrimitives.WriteInt32LittleEndian(prefix, Payload.Length);
        prefix[4] = Kind;
        Checksum(Kind, Payload.Span, prefix[5..]);
        target.AddRange(prefix);
        target.AddRange(Payload.Span);
    }

    /// <summary>Reads whole records up to the first that is torn or damaged; the rest of the file does not count.</summary>
    /// <param name="validBytes">Where the last whole record ends.</param>
    public static List<OutboxRecord> ReadAll(byte[] file, out int validBytes)
    {
        var records = new List<OutboxRecord>();
        validBytes = 0;
        Span<byte> checksum = stackalloc byte[8];
        while (file.Length - validBytes >= PrefixBytes)
        {
            var prefix = file.AsSpan(validBytes, PrefixBytes);
            var length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
            if (length is < 0 or > MaxPayloadBytes || length > file.Length - validBytes - PrefixBytes)
            {
                break;
            }

            var payload = file.AsMemory(validBytes + PrefixBytes, length);
            Checksum(prefix[4], payload.Span, checksum);
            if (!checksum.SequenceEqual(prefix[5..]))
            {
                break;
            }

            records.Add(new OutboxRecord(prefix[4], payload));
            validBytes += PrefixBytes + length;
        }

        return records;
    }

    private static void Checksum(byte kind, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData([kind]);
        sha.AppendData(payload);
        Span<byte> hash = stackalloc byte[32];
        sha.GetHashAndReset(hash);
        hash[..8].CopyTo(destination);
    }
}

/// <summary>First record of an outbox file.</summary>
/// <param name="Incarnation">Whose sequences these are.</param>
/// <param name="LastSequence">Highest sequence given out before this file was begun.</param>
/// <param name="AckedUpTo">Highest sequence acknowledged by then.</param>
internal sealed record OutboxHeader(Guid Incarnation, long LastSequence, long AckedUpTo);
