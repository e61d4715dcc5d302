namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Something that takes bytes from outside. One instance per thread.</summary>
internal abstract class FuzzTarget
{
    /// <summary>As the command line names it.</summary>
    public abstract string Name { get; }

    /// <summary>Of a hundred inputs of a run over all targets, this many; those that need the runtime take a thousand times as long.</summary>
    public abstract double Share { get; }

    /// <summary>Makes one input; valid until the next call.</summary>
    public abstract ReadOnlyMemory<byte> Input(ref FuzzRandom random);

    /// <summary>Takes the input as the product would.</summary>
    /// <returns>True where it was accepted, false where it was refused in the documented way.</returns>
    /// <exception cref="Exception">Any exception is a finding.</exception>
    public abstract bool Take(ReadOnlyMemory<byte> input);

    /// <summary>All targets, new.</summary>
    public static IReadOnlyList<FuzzTarget> All() => [new ReaderTarget(), new RoundTripTarget(), new PassTarget(), new SampleTarget(), new GraphTarget()];
}

/// <summary>The product did not do what it must.</summary>
internal sealed class FuzzFailureException(string message) : Exception(message);

/// <summary>A target that takes models.</summary>
internal abstract class ModelTarget : FuzzTarget
{
    private readonly ProtoMutator _mutator = new([.. SeedModels.All.Select(m => new ProtoTree(m))]);

    public override ReadOnlyMemory<byte> Input(ref FuzzRandom random) => _mutator.Mutate(ref random);
}
