using System.Globalization;
using System.Runtime.InteropServices;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.OnnxRuntime;

namespace EdgeFleet.Agent.Registration;

/// <summary>Finds out what this device can run, from the operating system, the processor and ONNX Runtime.</summary>
/// <param name="root">Root of the file system; <c>/</c> but in tests.</param>
internal sealed class CapabilityProbe(string root = "/") : ICapabilityProbe
{
    public DeviceCapabilities Probe(string dataFolder, CapabilityDeclaration declared)
    {
        var limits = CgroupLimits.Read(root);
        return new DeviceCapabilities(
            declared.Arch ?? Architecture(),
            declared.IsaFlags ?? IsaFlags(),
            declared.Cores ?? Cores(limits),
            declared.MemoryBytes ?? Memory(limits),
            DiskFree(dataFolder),
            OrtRuntime.Version,
            OrtRuntime.UsableProviders,
            declared.Precisions ?? []);
    }

    private static string Architecture() => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "x64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        System.Runtime.InteropServices.Architecture.X86 => "x86",
        System.Runtime.InteropServices.Architecture.Arm or System.Runtime.InteropServices.Architecture.Armv6 => "arm",
        var other => other.ToString(),
    };

    private static int Cores(CgroupLimits limits) =>
        Math.Max(1, Math.Min(Environment.ProcessorCount, (int)Math.Ceiling(limits.Cores ?? int.MaxValue)));

    // The .NET runtime knows fewer extensions than Linux (no VNNI without AVX-512), but has a say everywhere.
    private IReadOnlyList<string> IsaFlags()
    {
        var path = Path.Combine(root, "proc/cpuinfo");
        var fromSystem = File.Exists(path) ? CpuFeatures.FromCpuInfo(File.ReadAllText(path)) : [];
        return fromSystem.Count > 0 ? fromSystem : CpuFeatures.FromRuntime();
    }

    private long Memory(CgroupLimits limits) =>
        Math.Min(PhysicalMemory() ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, limits.MemoryBytes ?? long.MaxValue);

    private long? PhysicalMemory()
    {
        // MemTotal:       24684084 kB
        var path = Path.Combine(root, "proc/meminfo");
        var line = File.Exists(path) ? File.ReadLines(path).FirstOrDefault(l => l.StartsWith("MemTotal:", StringComparison.Ordinal)) : null;
        return line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var number, ..]
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes)
            ? kilobytes * 1024
            : null;
    }

    private static long DiskFree(string folder)
    {
        // The folder need not be there yet: its nearest parent lies on the same file system.
        var existing = Path.GetFullPath(folder);
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent;
        }

        return new DriveInfo(existing).AvailableFreeSpace;
    }
}
