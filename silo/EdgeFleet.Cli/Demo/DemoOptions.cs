namespace EdgeFleet.Cli.Demo;

/// <summary>What the demonstration is made from, and how long it goes on.</summary>
internal sealed record DemoOptions
{
    /// <summary>EdgeFleet.Silo.dll.</summary>
    public required string SiloDll { get; init; }

    /// <summary>edgefleet-agent.dll.</summary>
    public required string AgentDll { get; init; }

    /// <summary>Folder with the model, the test images and the calibration images.</summary>
    public required string Assets { get; init; }

    /// <summary>Where everything is written; null takes a temporary folder, which goes at the end.</summary>
    public string? Data { get; init; }

    /// <summary>Where the result is written as JSON; null writes none.</summary>
    public string? Json { get; init; }

    /// <summary>Stays up afterwards, until Ctrl-C.</summary>
    public bool Keep { get; init; }

    /// <summary>Where the silo listens; port 0 takes a free one.</summary>
    public string Url { get; init; } = "http://127.0.0.1:0";

    /// <summary>Labelled images that each device must classify on its final variant.</summary>
    public int Images { get; init; } = 2000;

    /// <summary>Images per second and device, where it is fast enough.</summary>
    public int Rate { get; init; } = 150;

    /// <summary>How long the broker is away.</summary>
    public TimeSpan Outage { get; init; } = TimeSpan.FromSeconds(10);
}
