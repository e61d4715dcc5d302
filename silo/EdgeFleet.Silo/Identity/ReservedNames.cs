namespace EdgeFleet.Silo.Identity;

/// <summary>Names that no device may carry, because topics or access rules use them.</summary>
internal static class ReservedNames
{
    /// <summary>Certificate name of the silo's own link; the access rules let it read and write everything.</summary>
    public const string Silo = "silo";

    /// <summary>Topic level of artifact chunks, which every device may read.</summary>
    public const string Blob = "blob";

    public static bool Contains(string name) => name is Silo or Blob;
}
