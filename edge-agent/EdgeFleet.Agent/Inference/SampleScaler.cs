using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Agent.Inference;

/// <summary>Turns raw bytes into the model's input by a table of 256 values: <c>(value / Divisor - Mean) / StdDev</c>.</summary>
internal sealed class SampleScaler
{
    private readonly float[] table = new float[256];

    /// <exception cref="VariantException">The scaling gives no finite numbers.</exception>
    public SampleScaler(InputScaling scaling)
    {
        for (var value = 0; value < table.Length; value++)
        {
            table[value] = ((value / scaling.Divisor) - scaling.Mean) / scaling.StdDev;
        }

        if (!table.All(float.IsFinite))
        {
            throw new VariantException(
                $"The input scaling (divisor {scaling.Divisor}, mean {scaling.Mean}, standard deviation {scaling.StdDev}) gives no finite numbers.");
        }
    }

    /// <param name="sample">As long as <paramref name="input"/>.</param>
    /// <param name="input">Where the scaled values go.</param>
    public void Scale(ReadOnlySpan<byte> sample, Span<float> input)
    {
        for (var i = 0; i < sample.Length; i++)
        {
            input[i] = table[sample[i]];
        }
    }
}
