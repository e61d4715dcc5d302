namespace Orleans.Configuration;

/// <summary>What the silo belongs to.</summary>
public class ClusterOptions
{
    public const string DefaultClusterId = "default";
    public const string DefaultServiceId = "default";

    public string ClusterId { get; set; } = DefaultClusterId;

    public string ServiceId { get; set; } = DefaultServiceId;
}

/// <summary>What the silo is called.</summary>
public class SiloOptions
{
    /// <summary>Null takes the machine's name.</summary>
    public string? SiloName { get; set; }
}

/// <summary>Storage in memory, for tests.</summary>
public class MemoryGrainStorageOptions : Storage.IStorageProviderSerializerOptions
{
    public Storage.IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;
}
