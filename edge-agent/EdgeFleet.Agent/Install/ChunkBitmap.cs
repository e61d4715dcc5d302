using EdgeFleet.Contracts.Delivery;

namespace EdgeFleet.Agent.Install;

/// <summary>Which chunks of an artifact are held.</summary>
internal sealed class ChunkBitmap
{
    /// <summary>A request's bitmap: at most 16 KiB, 131,072 chunks.</summary>
    public const int MaxRequestBytes = 16 * 1024;

    private readonly byte[] _bits;

    public ChunkBitmap(int count, ReadOnlySpan<byte> bits = default)
    {
        Count = count;
        _bits = new byte[(count + 7) / 8];
        if (!bits.IsEmpty)
        {
            bits.CopyTo(_bits);
        }

        for (var i = 0; i < count; i++)
        {
            Held += this[i] ? 1 : 0;
        }
    }

    public int Count { get; }

    public int Held { get; private set; }

    public bool Complete => Held == Count;

    public ReadOnlySpan<byte> Bits => _bits;

    public bool this[int index] => (_bits[index >> 3] & (1 << (index & 7))) != 0;

    /// <summary>Marks a chunk as held; false where it was already.</summary>
    public bool Set(int index)
    {
        if (this[index])
        {
            return false;
        }

        _bits[index >> 3] |= (byte)(1 << (index & 7));
        Held++;
        return true;
    }

    /// <summary>What is missing from the first missing chunk on, as far as one request reaches.</summary>
    /// <returns>Index of the first bit, the bitmap of <see cref="ChunkRequest.Missing"/>, and the highest index that is asked for.</returns>
    public (int Offset, byte[] Missing, int Last) Missing()
    {
        var first = 0;
        while (first < Count && this[first])
        {
            first++;
        }

        var end = Math.Min(Count, first + (MaxRequestBytes * 8));
        var missing = new byte[(end - first + 7) / 8];
        var last = first;
        for (var i = first; i < end; i++)
        {
            if (!this[i])
            {
                missing[(i - first) >> 3] |= (byte)(1 << ((i - first) & 7));
                last = i;
            }
        }

        return (first, missing, last);
    }
}
