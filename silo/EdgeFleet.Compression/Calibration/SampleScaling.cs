using System.Numerics.Tensors;

namespace EdgeFleet.Compression.Calibration;

/// <summary>How a raw sample value becomes model input: <c>(value / Divisor - Mean) / StdDev</c>. Applies to integer samples; float samples are taken as they are.</summary>
/// <param name="Divisor">255 maps a pixel to [0, 1]; finite, not 0.</param>
/// <param name="Mean">Subtracted afterwards.</param>
/// <param name="StdDev">Divided by last; finite, not 0.</param>
public sealed record SampleScaling(float Divisor = 255f, float Mean = 0f, float StdDev = 1f)
{
    /// <summary>Means of single channels, in place of <see cref="Mean"/>; null where all have the same.</summary>
    public IReadOnlyList<float>? ChannelMeans { get; init; }

    /// <summary>Divisors of single channels, in place of <see cref="StdDev"/>; as many as there are means.</summary>
    public IReadOnlyList<float>? ChannelStdDevs { get; init; }

    /// <summary>True where channels come last in a sample, false where they come first. Matters only with values of single channels.</summary>
    public bool ChannelsLast { get; init; }

    /// <summary>What is wrong with it; null where it can be used.</summary>
    internal string? Problem()
    {
        if (!float.IsNormal(Divisor) || !float.IsNormal(StdDev) || !float.IsFinite(Mean))
        {
            return $"Scaling (value / {Divisor} - {Mean}) / {StdDev} has a divisor that is 0 or not finite.";
        }

        if ((ChannelMeans is null) != (ChannelStdDevs is null) || ChannelMeans?.Count != ChannelStdDevs?.Count || ChannelMeans?.Count == 0)
        {
            return $"Scaling has {ChannelMeans?.Count ?? 0} means and {ChannelStdDevs?.Count ?? 0} standard deviations; give one of each per channel.";
        }

        return ChannelMeans?.All(float.IsFinite) != false && ChannelStdDevs?.All(float.IsNormal) != false ? null
            : $"Scaling with means {string.Join(", ", ChannelMeans!)} and standard deviations {string.Join(", ", ChannelStdDevs!)} has one that is not finite, or a divisor of 0.";
    }

    /// <summary>True where a sample of these dimensions has the channels that the scaling is for.</summary>
    internal bool Fits(IReadOnlyList<long> sample) =>
        ChannelMeans is null || (sample.Count > 0 && sample[ChannelsLast ? sample.Count - 1 : 0] == ChannelMeans.Count);

    /// <summary>Scales one sample in place.</summary>
    internal void Apply(Span<float> values, IReadOnlyList<long> dimensions)
    {
        TensorPrimitives.Divide(values, Divisor, values);
        if (ChannelMeans is null || ChannelStdDevs is null)
        {
            TensorPrimitives.Subtract(values, Mean, values);
            TensorPrimitives.Divide(values, StdDev, values);
            return;
        }

        var channels = ChannelMeans.Count;
        if (ChannelsLast)
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (values[i] - ChannelMeans[i % channels]) / ChannelStdDevs[i % channels];
            }

            return;
        }

        var length = values.Length / channels;
        for (var c = 0; c < channels; c++)
        {
            var channel = values.Slice(c * length, length);
            TensorPrimitives.Subtract(channel, ChannelMeans[c], channel);
            TensorPrimitives.Divide(channel, ChannelStdDevs[c], channel);
        }
    }
}
