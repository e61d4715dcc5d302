using System.Numerics.Tensors;

namespace EdgeFleet.Compression.Recovery;

/// <summary>Adds up how a value differs from its reference, over any number of runs, in a few numbers.</summary>
internal struct ErrorSum
{
    /// <summary>What is reported where nothing differs, and with a minus where nothing is alike: finite, so that it can be written as JSON.</summary>
    public const double MostDb = 200;

    private double _signal;
    private double _noise;
    private double _dot;
    private double _squares;
    private double _largest;
    private bool _broken;

    /// <summary>Signal over noise in decibels: 10 log10(sum r² / sum (r - v)²), within ±<see cref="MostDb"/>.</summary>
    public readonly double SqnrDb => _broken ? -MostDb
        : _noise == 0 ? MostDb
        : _signal == 0 ? -MostDb
        : Math.Clamp(10 * Math.Log10(_signal / _noise), -MostDb, MostDb);

    /// <summary>Noise over signal: what <see cref="SqnrDb"/> is the logarithm of.</summary>
    public readonly double NoiseToSignal => Math.Pow(10, -SqnrDb / 10);

    public readonly double Cosine => _broken ? 0
        : _signal == 0 && _squares == 0 ? 1
        : _signal == 0 || _squares == 0 ? 0
        : _dot / (Math.Sqrt(_signal) * Math.Sqrt(_squares));

    public readonly double MaxAbsError => _largest;

    /// <summary>Compares one run's elements; other lengths, NaN or infinity where the reference has none make the sum worthless.</summary>
    public void Add(ReadOnlySpan<float> reference, ReadOnlySpan<float> value)
    {
        if (reference.Length != value.Length)
        {
            _broken = true;
            return;
        }

        const int Block = 1024;
        Span<float> difference = stackalloc float[Block];
        for (var start = 0; start < reference.Length; start += Block)
        {
            var count = Math.Min(Block, reference.Length - start);
            var r = reference.Slice(start, count);
            var v = value.Slice(start, count);
            var d = difference[..count];
            TensorPrimitives.Subtract(r, v, d);
            var noise = TensorPrimitives.SumOfSquares<float>(d);
            _broken |= !float.IsFinite(noise);
            _noise += noise;
            _signal += TensorPrimitives.SumOfSquares(r);
            _squares += TensorPrimitives.SumOfSquares(v);
            _dot += TensorPrimitives.Dot(r, v);
            _largest = float.IsFinite(noise) ? Math.Max(_largest, Math.Abs(TensorPrimitives.MaxMagnitude<float>(d))) : _largest;
        }
    }

    /// <summary>Notes that there is nothing to compare with.</summary>
    public void Break() => _broken = true;
}
