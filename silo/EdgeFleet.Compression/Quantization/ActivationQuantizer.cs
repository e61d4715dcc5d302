using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization;

/// <summary>Scale and zero point of an activation: real = scale * (q - zero point).</summary>
internal readonly record struct ActivationParameters(float Scale, int ZeroPoint);

/// <summary>Asymmetric quantization per tensor over the whole range of 8 or 16 bits.</summary>
internal static class ActivationQuantizer
{
    /// <summary>
    /// The range is widened to hold 0, so that padding is exact: s = (max - min) / (qmax - qmin), z = round(qmin - min / s), half to even.
    /// A range without extent gets scale 1.
    /// </summary>
    public static ActivationParameters Of(ValueRange range, OnnxElementType type)
    {
        var (low, high) = type switch
        {
            OnnxElementType.Int8 => (-128, 127),
            OnnxElementType.Int16 => (-32768, 32767),
            OnnxElementType.UInt16 => (0, 65535),
            _ => (0, 255),
        };
        var min = Math.Min(range.Min, 0d);
        var max = Math.Max(range.Max, 0d);
        var scale = (float)((max - min) / (high - low));
        if (!float.IsNormal(scale))
        {
            return new(1f, 0);
        }

        return new(scale, (int)Math.Clamp(Math.Round(low - (min / scale), MidpointRounding.ToEven), low, high));
    }
}
