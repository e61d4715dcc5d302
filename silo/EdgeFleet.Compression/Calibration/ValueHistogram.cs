using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Counts float values in bins of relative width 1/256: a bin is a sign, an exponent and the first 8 bits of the mantissa. So one
/// pass is enough, whatever comes: nothing has to be known or grown, values of 1e-6 and of 1e30 are told apart equally well, and
/// the order of the values does not matter. Memory: 2 KB per power of two that occurs, at most 1 MB, however many values come.
/// </summary>
internal sealed class ValueHistogram
{
    private const int DroppedBits = 15;
    private const int PageBins = 256;
    private const int PageBits = 8;
    private const int InfinitePage = 255;
    private const int NegativePage = 256;
    private readonly long[]?[] _pages = new long[512][];

    /// <summary>Smallest value; +infinity before the first.</summary>
    public float Min { get; private set; } = float.PositiveInfinity;

    /// <summary>Largest value; -infinity before the first.</summary>
    public float Max { get; private set; } = float.NegativeInfinity;

    public long Count { get; private set; }

    /// <summary>Bytes that the counts take.</summary>
    public long Bytes => _pages.Count(p => p is not null) * (long)PageBins * sizeof(long);

    /// <summary>Counts values.</summary>
    /// <returns>False where one is NaN or infinite; the counts are then of no more use.</returns>
    public bool Add(ReadOnlySpan<float> values)
    {
        if (values.IsEmpty)
        {
            return true;
        }

        foreach (var bits in MemoryMarshal.Cast<float, uint>(values))
        {
            var page = _pages[bits >> (DroppedBits + PageBits)] ??= new long[PageBins];
            page[(bits >> DroppedBits) & (PageBins - 1)]++;
        }

        Count += values.Length;
        Min = Math.Min(Min, TensorPrimitives.Min(values));
        Max = Math.Max(Max, TensorPrimitives.Max(values));
        return _pages[InfinitePage] is null && _pages[NegativePage + InfinitePage] is null;
    }

    /// <summary>What was counted, as bins in ascending order.</summary>
    public ValueDistribution ToDistribution()
    {
        var bins = new List<ValueBin>();
        for (var key = (InfinitePage * PageBins) - 1; key >= 0; key--)
        {
            AddBin(bins, NegativePage + (key / PageBins), key);
        }

        for (var key = 0; key < InfinitePage * PageBins; key++)
        {
            AddBin(bins, key / PageBins, key);
        }

        return new ValueDistribution(bins);
    }

    private void AddBin(List<ValueBin> bins, int page, int key)
    {
        if (_pages[page]?[key % PageBins] is not ({ } count and > 0))
        {
            return;
        }

        // The bin around 0 counts as 0 itself: its width is 1e-40.
        var (near, far) = key == 0 ? (0d, 0d) : (BitConverter.Int32BitsToSingle(key << DroppedBits), BitConverter.Int32BitsToSingle((key + 1) << DroppedBits));
        far = float.IsFinite((float)far) ? far : float.MaxValue;
        var (low, high) = page >= NegativePage ? (-far, -near) : (near, far);
        bins.Add(new ValueBin(Math.Max(low, Min), Math.Min(high, Max), count));
    }
}
