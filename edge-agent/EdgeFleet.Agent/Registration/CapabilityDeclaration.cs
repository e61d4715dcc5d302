using System.Globalization;

namespace EdgeFleet.Agent.Registration;

/// <summary>Capabilities declared by the operator (<c>--declare key=value</c>) in place of those found; null means: take what is found.</summary>
/// <param name="Arch">Key <c>arch</c>: x64, arm64, x86, arm.</param>
/// <param name="IsaFlags">Key <c>isa</c>: a comma-separated list such as <c>avx2,avx512vnni</c>; empty declares none.</param>
/// <param name="Cores">Key <c>cores</c>, at least 1.</param>
/// <param name="MemoryBytes">Key <c>memory</c>: bytes, or with a unit KiB, MiB, GiB.</param>
/// <param name="Precisions">Key <c>precisions</c>: of fp32, fp16, int8.</param>
internal sealed record CapabilityDeclaration(
    string? Arch = null,
    IReadOnlyList<string>? IsaFlags = null,
    int? Cores = null,
    long? MemoryBytes = null,
    IReadOnlyList<string>? Precisions = null)
{
    private static readonly string[] Archs = ["x64", "arm64", "x86", "arm"];

    private static readonly string[] KnownPrecisions = ["fp32", "fp16", "int8"];

    public static CapabilityDeclaration None { get; } = new();

    /// <summary>Reads <c>key=value</c> pairs.</summary>
    /// <exception cref="FormatException">A pair is malformed or a key unknown; names it and what is allowed.</exception>
    public static CapabilityDeclaration Parse(IEnumerable<string> pairs)
    {
        var result = None;
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = at > 0 ? (pair[..at], pair[(at + 1)..].Trim()) : (pair, "");
            result = key switch
            {
                "arch" when Archs.Contains(value) => result with { Arch = value },
                "isa" when at > 0 => result with { IsaFlags = List(value.ToLowerInvariant()) },
                "cores" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 => result with { Cores = n },
                "memory" => result with { MemoryBytes = ParseBytes(value) },
                "precisions" when List(value) is { Count: > 0 } p && p.All(KnownPrecisions.Contains) => result with { Precisions = p },
                _ => throw new FormatException(
                    $"'--declare {pair}' is not understood: arch=x64|arm64|x86|arm, isa=flag,flag…, cores=N, memory=64MiB, precisions=fp32,fp16,int8."),
            };
        }

        return result;
    }

    /// <summary>Reads <c>67108864</c>, <c>64MiB</c> or <c>1GiB</c>.</summary>
    internal static long ParseBytes(string text)
    {
        var shift = text switch
        {
            _ when text.EndsWith("KiB", StringComparison.OrdinalIgnoreCase) => 10,
            _ when text.EndsWith("MiB", StringComparison.OrdinalIgnoreCase) => 20,
            _ when text.EndsWith("GiB", StringComparison.OrdinalIgnoreCase) => 30,
            _ => 0,
        };
        var digits = shift == 0 ? text : text[..^3];
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 && n <= long.MaxValue >> shift
            ? n << shift
            : throw new FormatException($"'{text}' is not a size: bytes, or a number with KiB, MiB or GiB.");
    }

    private static List<string> List(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().Order(StringComparer.Ordinal)];
}
