using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>What a silo does with an upload before any runtime sees it: read, bring in external data, verify, describe.</summary>
internal sealed class ReaderTarget : ModelTarget
{
    private readonly ExternalDataFiles _files = new(new Dictionary<string, ReadOnlyMemory<byte>> { ["weights.bin"] = new byte[64] });

    public override string Name => "onnx-reader";

    public override double Share => 40;

    public override bool Take(ReadOnlyMemory<byte> input)
    {
        var inspection = ModelInspector.Inspect(input, _files);
        return inspection.Problems.All(p => p.Message.Length > 0)
            ? inspection.IsAcceptable
            : throw new FuzzFailureException("A problem without a message.");
    }
}
