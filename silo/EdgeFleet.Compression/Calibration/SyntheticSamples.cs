using System.Runtime.InteropServices;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>Made-up samples, always the same: floats evenly in [0, 1), everything else 0, which is a valid index, mask and length.</summary>
internal static class SyntheticSamples
{
    private const int Count = 32;
    private const long FreeDimension = 8;

    /// <exception cref="CalibrationDataException">An input is too large, or of a type that cannot be made up.</exception>
    public static IReadOnlyList<SampleSet> For(IReadOnlyList<ModelTensorInfo> inputs)
    {
        // First dimensions that differ are no batch: each sample is then a whole input.
        var whole = inputs.Where(i => i.Dimensions.Count > 0 && i.Dimensions[0] > 0).Select(i => i.Dimensions[0]).Distinct().Count() > 1;
        return [.. inputs.Select(i => Of(i, whole))];
    }

    private static SampleSet Of(ModelTensorInfo input, bool whole)
    {
        var bits = OnnxElementTypes.BitsOf(input.ElementType);
        if (bits < 8)
        {
            throw new CalibrationDataException($"Input '{input.Name}' is {OnnxElementTypes.NameOf(input.ElementType)}: no samples can be made up for it; give calibration data.", input.Name);
        }

        long[] dimensions = [.. whole ? input.Dimensions.Take(1).Select(d => d < 0 ? 1 : d) : [], .. input.Dimensions.Skip(1).Select(d => d < 0 ? FreeDimension : d)];
        var count = input.Dimensions.Count == 0 ? 1 : Math.Max(Count, whole ? 0 : (int)Math.Min(input.Dimensions[0], 4096));
        var elements = dimensions.Aggregate((double)count, (product, dimension) => product * dimension);
        if (elements > 1 << 26)
        {
            throw new CalibrationDataException($"Input '{input.Name}' is too large for made-up samples; give calibration data.", input.Name);
        }

        var bytes = new byte[checked((int)elements * bits / 8)];
        if (input.ElementType == OnnxElementType.Float)
        {
            var random = new Random(20);
            foreach (ref var value in MemoryMarshal.Cast<byte, float>(bytes.AsSpan()))
            {
                value = random.NextSingle();
            }
        }

        return new SampleSet("made-up samples", input.ElementType, dimensions, count, bytes, new SampleScaling(1)) { InputName = input.Name, IsWhole = whole };
    }
}
