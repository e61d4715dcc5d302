namespace EdgeFleet.Contracts.Devices;

/// <summary>What a device can run, as found on it or as declared for it by its operator.</summary>
/// <param name="Arch">Processor architecture: <c>x64</c>, <c>arm64</c>, <c>x86</c>, <c>arm</c>.</param>
/// <param name="IsaFlags">Instruction set extensions in lower case: <c>avx2</c>, <c>avx512f</c>, <c>avx512vnni</c>, <c>avxvnni</c>, <c>dotprod</c>, <c>fp16</c>…; sorted.</param>
/// <param name="Cores">Processors usable by the agent, cgroup quota included; at least 1.</param>
/// <param name="MemoryBytes">Memory usable by the agent: the smaller of physical memory and the cgroup limit.</param>
/// <param name="DiskFreeBytes">Free bytes where the agent keeps its state.</param>
/// <param name="OrtVersion">Version of ONNX Runtime on the device, such as <c>1.30.0</c>.</param>
/// <param name="ExecutionProviders">ONNX Runtime's provider names, best first, such as <c>CUDAExecutionProvider</c>.</param>
/// <param name="Precisions">Precisions which the device may run: of <c>fp32</c>, <c>fp16</c>, <c>int8</c>; empty means all.</param>
public sealed record DeviceCapabilities(
    string Arch,
    IReadOnlyList<string> IsaFlags,
    int Cores,
    long MemoryBytes,
    long DiskFreeBytes,
    string OrtVersion,
    IReadOnlyList<string> ExecutionProviders,
    IReadOnlyList<string> Precisions)
{
    public bool Has(string isaFlag) => IsaFlags.Contains(isaFlag, StringComparer.Ordinal);

    public bool Allows(string precision) => Precisions.Count == 0 || Precisions.Contains(precision, StringComparer.Ordinal);

    /// <summary>True where int8 dot products accumulate in 32 bits, so that full-range weights can't saturate.</summary>
    public bool HasInt8DotProduct => Has("avx512vnni") || Has("avxvnni") || Has("dotprod");

    /// <summary>The class in which devices are compared: <c>x64-vnni</c>, <c>x64-avx2</c>, <c>x64</c>, <c>arm64-dotprod</c>, <c>arm64</c>…, with <c>-cuda</c> in front of a GPU.</summary>
    public string HardwareClass
    {
        get
        {
            var isa = Arch switch
            {
                "x64" when HasInt8DotProduct => "x64-vnni",
                "x64" when Has("avx2") => "x64-avx2",
                "arm64" when HasInt8DotProduct => "arm64-dotprod",
                _ => Arch,
            };
            return ExecutionProviders.Contains("CUDAExecutionProvider", StringComparer.Ordinal) ? isa + "-cuda" : isa;
        }
    }
}
