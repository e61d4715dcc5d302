using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Search;

namespace EdgeFleet.Silo.Commands;

/// <summary>Chooses the kind that <c>int8</c> stands for on a processor.</summary>
internal static class CompressionTarget
{
    public static readonly IReadOnlyList<string> Names = ["here", .. ProcessorTargets.Names];

    public static ProcessorTarget Parse(string target) => ProcessorTargets.TryParse(target, out var named) ? named : ProcessorTargets.Here;

    /// <summary>The kind to make, and why where it is not the one asked for by name.</summary>
    public static (CompressionKind Kind, string? Because) Resolve(CompressionKind asked, string target)
    {
        if (asked != CompressionKind.Int8)
        {
            return (asked, null);
        }

        var kind = ProcessorTargets.StaticKind(Parse(target));
        return (kind, kind switch
        {
            CompressionKind.Int8Reduced => $"int8-reduced: {target} has no VNNI, where full-range int8 weights saturate",
            CompressionKind.Int8Signed => $"int8-signed: {target} multiplies signed by signed",
            _ => null,
        });
    }
}
