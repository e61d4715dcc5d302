using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Search;

/// <summary>Kinds of processors between which the fastest exact integer arithmetic differs.</summary>
public enum ProcessorTarget
{
    /// <summary>x86-64 with AVX2 and no VNNI: uint8 * int8 saturates unless weights are in [-64, 64].</summary>
    X64Avx2,

    /// <summary>x86-64 with AVX-512 VNNI or AVX-VNNI: 32-bit sums.</summary>
    X64Vnni,

    /// <summary>64-bit ARM with dot products: signed by signed.</summary>
    Arm64,

    /// <summary>NVIDIA GPU by the CUDA provider: float16; int8 QDQ runs as float there.</summary>
    Cuda,
}

/// <summary>Names of targets, and what each is good at.</summary>
public static class ProcessorTargets
{
    private static readonly (ProcessorTarget Target, string Name)[] s_names =
    [
        (ProcessorTarget.X64Avx2, "x64-avx2"),
        (ProcessorTarget.X64Vnni, "x64-vnni"),
        (ProcessorTarget.Arm64, "arm64"),
        (ProcessorTarget.Cuda, "cuda"),
    ];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_names.Select(n => n.Name)];

    /// <summary>The processor that this process runs on.</summary>
    public static ProcessorTarget Here { get; } =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? ProcessorTarget.Arm64
        : HasVnni() ? ProcessorTarget.X64Vnni
        : ProcessorTarget.X64Avx2;

    public static string NameOf(ProcessorTarget target) => s_names.First(n => n.Target == target).Name;

    public static bool TryParse(string? name, out ProcessorTarget target)
    {
        var found = s_names.Where(n => n.Name == name).ToList();
        target = found.Count > 0 ? found[0].Target : default;
        return found.Count > 0;
    }

    /// <summary>The kind that plain "int8" stands for: fastest of those whose sums are exact on the target.</summary>
    public static CompressionKind StaticKind(ProcessorTarget target) => target switch
    {
        ProcessorTarget.X64Vnni => CompressionKind.Int8,
        ProcessorTarget.Arm64 => CompressionKind.Int8Signed,
        _ => CompressionKind.Int8Reduced,
    };

    /// <summary>
    /// Kinds worth trying on a target, most promising first. Not among them: full-range int8 where its sums saturate (the answers
    /// would depend on the processor), signed activations on x64 (slower than unsigned ones), integers on CUDA.
    /// </summary>
    public static IReadOnlyList<CompressionKind> KindsFor(ProcessorTarget target) => target switch
    {
        ProcessorTarget.X64Avx2 =>
        [
            CompressionKind.Int8Reduced, CompressionKind.Int8Dynamic, CompressionKind.Weights8, CompressionKind.Weights4,
            CompressionKind.Int8Unsigned, CompressionKind.Fp32, CompressionKind.Fp16,
        ],
        ProcessorTarget.X64Vnni =>
        [
            CompressionKind.Int8, CompressionKind.Int8Dynamic, CompressionKind.Weights8, CompressionKind.Weights4,
            CompressionKind.Int8Reduced, CompressionKind.Fp32, CompressionKind.Fp16,
        ],
        ProcessorTarget.Arm64 =>
        [
            CompressionKind.Int8Signed, CompressionKind.Int8Dynamic, CompressionKind.Weights8, CompressionKind.Weights4,
            CompressionKind.Fp16, CompressionKind.Fp32,
        ],
        _ => [CompressionKind.Fp16, CompressionKind.Fp32],
    };

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
