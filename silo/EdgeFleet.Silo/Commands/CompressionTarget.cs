using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Silo.Commands;

/// <summary>Chooses the kind that <c>int8</c> stands for on a processor.</summary>
internal static class CompressionTarget
{
    public static readonly IReadOnlyList<string> Names = ["here", "x64-avx2", "x64-vnni", "arm64"];

    /// <summary>The kind to make, and why where it is not the one asked for by name.</summary>
    public static (CompressionKind Kind, string? Because) Resolve(CompressionKind asked, string target)
    {
        if (asked != CompressionKind.Int8)
        {
            return (asked, null);
        }

        var processor = target == "here" ? Here() : target;
        return processor switch
        {
            "x64-avx2" => (CompressionKind.Int8Reduced, $"int8-reduced: {target} has no VNNI, where full-range int8 weights saturate"),
            "arm64" => (CompressionKind.Int8Signed, $"int8-signed: {target} multiplies signed by signed"),
            _ => (CompressionKind.Int8, null),
        };
    }

    private static string Here() =>
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64"
        : HasVnni() ? "x64-vnni"
        : "x64-avx2";

    /// <summary>AVX512-VNNI: leaf 7, ECX bit 11; AVX-VNNI: leaf 7.1, EAX bit 4.</summary>
    private static bool HasVnni()
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
        {
            return false;
        }

        var leaf = X86Base.CpuId(7, 0);
        return (leaf.Ecx & (1 << 11)) != 0 || (leaf.Eax >= 1 && (X86Base.CpuId(7, 1).Eax & (1 << 4)) != 0);
    }
}
