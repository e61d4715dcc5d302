namespace EdgeFleet.Agent.Registration;

/// <summary>Names of instruction set extensions, as capabilities carry them.</summary>
internal static class CpuFeatures
{
    // Linux' name of a flag in /proc/cpuinfo, and ours.
    private static readonly (string Linux, string Ours)[] Names =
    [
        ("sse4_1", "sse41"), ("sse4_2", "sse42"), ("avx", "avx"), ("f16c", "f16c"), ("fma", "fma"), ("avx2", "avx2"),
        ("avx_vnni", "avxvnni"), ("avx512f", "avx512f"), ("avx512bw", "avx512bw"), ("avx512vl", "avx512vl"),
        ("avx512_vnni", "avx512vnni"), ("avx512_bf16", "avx512bf16"), ("avx512_fp16", "avx512fp16"), ("amx_int8", "amxint8"),
        ("asimd", "neon"), ("neon", "neon"), ("asimddp", "dotprod"), ("asimdhp", "fp16"), ("i8mm", "i8mm"), ("bf16", "bf16"), ("sve", "sve"),
    ];

    /// <summary>Our names of the flags which every processor in <paramref name="cpuinfo"/> has; sorted.</summary>
    /// <param name="cpuinfo">Content of <c>/proc/cpuinfo</c>; devices with cores of two kinds list both.</param>
    public static IReadOnlyList<string> FromCpuInfo(string cpuinfo)
    {
        HashSet<string>? common = null;
        foreach (var line in cpuinfo.Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line[..colon].Trim() is "flags" or "Features")
            {
                var flags = line[(colon + 1)..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
                if (common is null)
                {
                    common = new HashSet<string>(flags, StringComparer.Ordinal);
                }
                else
                {
                    common.IntersectWith(flags);
                }
            }
        }

        return Sorted(Names.Where(name => common?.Contains(name.Linux) ?? false).Select(name => name.Ours));
    }

    /// <summary>Our names of what the .NET runtime reports; less than Linux knows, but there on every system.</summary>
    public static IReadOnlyList<string> FromRuntime() => Sorted(new (bool Supported, string Name)[]
    {
        (System.Runtime.Intrinsics.X86.Sse41.IsSupported, "sse41"),
        (System.Runtime.Intrinsics.X86.Sse42.IsSupported, "sse42"),
        (System.Runtime.Intrinsics.X86.Avx.IsSupported, "avx"),
        (System.Runtime.Intrinsics.X86.Fma.IsSupported, "fma"),
        (System.Runtime.Intrinsics.X86.Avx2.IsSupported, "avx2"),
        (System.Runtime.Intrinsics.X86.Avx512F.IsSupported, "avx512f"),
        (System.Runtime.Intrinsics.X86.Avx512BW.IsSupported, "avx512bw"),
        (System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported, "neon"),
        (System.Runtime.Intrinsics.Arm.Dp.IsSupported, "dotprod"),
    }.Where(feature => feature.Supported).Select(feature => feature.Name));

    private static string[] Sorted(IEnumerable<string> names) => [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
