namespace EdgeFleet.Compression.Calibration;

/// <summary>What calibration saw and chose, for reports.</summary>
/// <param name="Method">How ranges were chosen.</param>
/// <param name="Samples">Samples run; 0 where ranges were made without data.</param>
/// <param name="Values">In graph order.</param>
public sealed record CalibrationFacts(CalibrationMethod Method, int Samples, IReadOnlyList<ValueCalibration> Values)
{
    /// <summary>What a user should know about the ranges; null where there is nothing.</summary>
    public string? Warning { get; init; }

    internal IReadOnlyDictionary<string, ValueRange> Ranges { get; } = Values.ToDictionary(v => v.Value, v => new ValueRange(v.Low, v.High));
}

/// <summary>One activation's values and the range chosen for it.</summary>
/// <param name="Value">Its name in the prepared model.</param>
/// <param name="Min">Smallest value seen; 0 where it had no elements.</param>
/// <param name="Max">Largest value seen.</param>
/// <param name="Low">Lower end of the chosen range.</param>
/// <param name="High">Upper end.</param>
/// <param name="Histogram">Shares in [0, 1] of the values, in bins of equal width from <paramref name="Min"/> to <paramref name="Max"/>; empty where none was made.</param>
public sealed record ValueCalibration(string Value, float Min, float Max, float Low, float High, IReadOnlyList<double> Histogram)
{
    /// <summary>Bins of a histogram.</summary>
    public const int HistogramBins = 128;
}
