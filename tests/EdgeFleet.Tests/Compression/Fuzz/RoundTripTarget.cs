using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Whatever can be read is written so that it says the same, unknown fields included, and a second time byte for byte.</summary>
internal sealed class RoundTripTarget : ModelTarget
{
    public override string Name => "onnx-roundtrip";

    public override double Share => 25;

    public override bool Take(ReadOnlyMemory<byte> input)
    {
        OnnxModel model;
        try
        {
            model = OnnxModel.Read(input);
        }
        catch (OnnxFormatException)
        {
            return false;
        }

        var written = model.ToArray();
        if (SameModel.Difference(input.Span, written) is { } difference)
        {
            throw new FuzzFailureException($"What was written is not what was read: {difference}.");
        }

        return OnnxModel.Read(written).ToArray().AsSpan().SequenceEqual(written)
            ? true
            : throw new FuzzFailureException("Written, read and written again, the model is another.");
    }
}
