using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Grains.Variants;

/// <summary>What is stored of a variant.</summary>
public sealed class VariantState
{
    public VariantInfo? Info { get; set; }

    /// <summary>The order, kept while it is under way, so that an interrupted production can be taken up again.</summary>
    public ModelManifest? Manifest { get; set; }

    /// <summary>Models of these bytes and data that asked; each hears of the end. Bounded, the latest stay.</summary>
    public List<ModelId> Models { get; set; } = [];
}
