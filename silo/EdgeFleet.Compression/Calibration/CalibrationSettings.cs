namespace EdgeFleet.Compression.Calibration;

/// <summary>How activations are measured.</summary>
internal sealed record CalibrationSettings
{
    public CalibrationMethod Method { get; init; } = CalibrationMethod.MinMax;

    /// <summary>Share of values kept by <see cref="CalibrationMethod.Percentile"/>, above 50 and at most 100.</summary>
    public double Percentile { get; init; } = 99.999;

    /// <summary>Numbers that an activation may take: 256 for 8 bits.</summary>
    public int Levels { get; init; } = 256;

    /// <summary>
    /// Bytes above the model that activations and histograms may take. One value of one sample is taken even where it alone is larger.
    /// </summary>
    public long BudgetBytes { get; init; } = 256L << 20;

    /// <summary>Makes histograms for <see cref="CalibrationMethod.MinMax"/> too, which does without.</summary>
    public bool Histograms { get; init; }

    /// <summary>Told of the share in [0, 1] of the work that is done, on the calibrating thread.</summary>
    public Action<double>? Progress { get; init; }
}
