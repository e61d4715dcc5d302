using System.Buffers.Binary;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Valid models made at random, run before and after every pass. The input is only the number they are made from.</summary>
internal sealed class GraphTarget : FuzzTarget
{
    private readonly byte[] _seed = new byte[8];

    public override string Name => "graphs";

    public override double Share => 0.02;

    public override ReadOnlyMemory<byte> Input(ref FuzzRandom random)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_seed, (long)random.Next());
        return _seed;
    }

    public override bool Take(ReadOnlyMemory<byte> input)
    {
        var failures = string.Join('\n', PassFuzz.Failures(BinaryPrimitives.ReadInt64LittleEndian(input.Span), 1, CancellationToken.None));
        return failures.Length == 0 ? true : throw new FuzzFailureException(failures);
    }
}
