namespace EdgeFleet.Agent.Inference;

/// <summary>What the device looks at: an endless row of samples. Called by one thread only; never waits for a network.</summary>
internal interface IInputSource
{
    /// <summary>The next sample; after the last comes the first again.</summary>
    /// <exception cref="IOException">The source can't be read now; the caller counts an error and goes on.</exception>
    Sample Next();
}

/// <summary>One raw sample.</summary>
/// <param name="Data">Bytes as the sensor gave them, one per value; stays valid and unchanged.</param>
/// <param name="Label">The true class where it came along.</param>
internal readonly record struct Sample(ReadOnlyMemory<byte> Data, int? Label);
