using Orleans.Storage;

namespace EdgeFleet.Platform.Orleans;

/// <summary>Where grain state and reminders are kept.</summary>
public sealed class SqliteStorageOptions
{
    /// <summary>The database file; made when it is not there, its folder too. Several providers may share one.</summary>
    public string Path { get; set; } = "";

    /// <summary>Null takes the silo's, which writes JSON.</summary>
    public IGrainStorageSerializer? GrainStorageSerializer { get; set; }
}
