namespace EdgeFleet.Silo.Hosting;

/// <summary>A part that starts after the HTTP door is open, in the order of registration, and stops in reverse.</summary>
/// <remarks>So the health check answers while the broker or a library is still being started. Register with <c>AddSiloPart</c>.</remarks>
internal interface ISiloPart
{
    /// <summary>As shown by <c>/readyz</c>: <c>broker</c>, <c>storage</c>…</summary>
    string Name { get; }

    /// <summary>How it is now; cheap, never throws.</summary>
    PartHealth Health { get; }

    /// <summary>Starts, and returns when it works.</summary>
    /// <exception cref="StartupException">It can't; ends the process with this one line.</exception>
    Task StartAsync(CancellationToken cancellationToken);

    Task StopAsync(CancellationToken cancellationToken);
}

/// <summary>Whether a part works, and why not.</summary>
internal readonly record struct PartHealth(bool Ready, string Detail);
