using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Grains.Models;

/// <summary>What is stored of a model.</summary>
public sealed class ModelState
{
    public ModelManifest? Manifest { get; set; }

    /// <summary>Profiles that were asked for.</summary>
    public List<CompressionProfile> Asked { get; set; } = [];
}
