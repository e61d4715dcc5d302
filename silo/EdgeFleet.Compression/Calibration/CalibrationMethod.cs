namespace EdgeFleet.Compression.Calibration;

/// <summary>How the range of an activation is chosen from what the calibration samples show.</summary>
public enum CalibrationMethod
{
    /// <summary>Smallest to largest value seen.</summary>
    MinMax,

    /// <summary>Cuts equal shares of the values off both ends.</summary>
    Percentile,

    /// <summary>The range whose quantized histogram diverges least (Kullback-Leibler) from the float one.</summary>
    Entropy,

    /// <summary>The range with the least mean square error of quantization.</summary>
    Mse,
}
