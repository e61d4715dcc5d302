namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>SplitMix64: a stream of numbers from one seed, the same on every machine and cheap to start anew for each input.</summary>
internal struct FuzzRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The stream of one input: every input can be made again from the run's seed and its own number.</summary>
    public static FuzzRandom For(ulong seed, string target, long index)
    {
        var mixed = seed;
        foreach (var letter in target)
        {
            mixed = (mixed ^ letter) * 0x100000001B3;
        }

        var start = new FuzzRandom(mixed ^ ((ulong)index * 0x9E3779B97F4A7C15));
        return new FuzzRandom(start.Next());
    }

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number in [0, below).</summary>
    public int Below(int below) => (int)(((Next() >> 32) * (ulong)below) >> 32);

    /// <summary>True once in so many.</summary>
    public bool OneIn(int many) => Below(many) == 0;

    public T Of<T>(ReadOnlySpan<T> choices) => choices[Below(choices.Length)];
}
