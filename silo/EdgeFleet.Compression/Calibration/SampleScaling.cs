namespace EdgeFleet.Compression.Calibration;

/// <summary>How a raw sample value becomes model input: <c>(value / Divisor - Mean) / StdDev</c>. Applies to integer samples; float samples are taken as they are.</summary>
/// <param name="Divisor">255 maps a pixel to [0, 1]; finite, not 0.</param>
/// <param name="Mean">Subtracted afterwards.</param>
/// <param name="StdDev">Divided by last; finite, not 0.</param>
public sealed record SampleScaling(float Divisor = 255f, float Mean = 0f, float StdDev = 1f);
