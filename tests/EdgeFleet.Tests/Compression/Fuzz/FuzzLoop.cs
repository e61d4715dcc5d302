using System.Diagnostics;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Gives inputs to one target, one after the other, and watches what each costs.</summary>
internal sealed class FuzzLoop(FuzzTarget target, ulong seed)
{
    /// <summary>Longest time of one input; one that takes longer is tried again, since the machine may have been busy.</summary>
    public static readonly TimeSpan Slowest = TimeSpan.FromSeconds(2);

    /// <summary>Most bytes that one input may make the product allocate: so many, and so many for each byte of the input.</summary>
    public const long MostBytes = 64 << 20, MostBytesPerByte = 64;

    /// <summary>Inputs that the target accepted.</summary>
    public long Accepted { get; private set; }

    /// <summary>Makes input <paramref name="index"/> and gives it to the target.</summary>
    /// <returns>Null where all was well.</returns>
    public FuzzFinding? Run(long index)
    {
        var random = FuzzRandom.For(seed, target.Name, index);
        var input = target.Input(ref random);
        return Check(input) is { } what ? new FuzzFinding(target.Name, index, what, input.ToArray()) : null;
    }

    /// <summary>Gives one input to the target.</summary>
    /// <returns>Null where all was well, else what happened.</returns>
    public string? Check(ReadOnlyMemory<byte> input)
    {
        for (var attempt = 1; ; attempt++)
        {
            var started = Stopwatch.GetTimestamp();
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Accepted += target.Take(input) ? 1 : 0;
            }
            catch (Exception e)
            {
                return e.ToString();
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > MostBytes + (MostBytesPerByte * input.Length))
            {
                return $"allocated {allocated} bytes for an input of {input.Length}";
            }

            if (Stopwatch.GetElapsedTime(started) is var elapsed && (elapsed < Slowest || attempt == 3))
            {
                return elapsed < Slowest ? null : $"took {elapsed.TotalSeconds:0.0} s, three times";
            }
        }
    }
}
