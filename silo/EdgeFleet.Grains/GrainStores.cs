namespace EdgeFleet.Grains;

/// <summary>Names of the storage providers that the host must offer.</summary>
public static class GrainStores
{
    /// <summary>Durable before a write returns.</summary>
    public const string Default = "Default";
}
