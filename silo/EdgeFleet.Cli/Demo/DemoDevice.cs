using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Cli.Demo;

/// <summary>One of the demonstration's devices.</summary>
/// <param name="Declared">What is declared in place of what is found, as <c>--declare</c> takes it.</param>
/// <param name="Words">What it stands for.</param>
internal sealed record DemoDevice(DeviceId Id, IReadOnlyList<string> Declared, string Words)
{
    public static IReadOnlyList<DemoDevice> All { get; } =
    [
        new(new DeviceId("camera-1"), ["isa=avx2", "memory=64MiB"], "a camera: AVX2 without VNNI, 64 MiB"),
        new(new DeviceId("gateway-1"), [], "a gateway: this machine as it is"),
        new(new DeviceId("legacy-1"), ["precisions=fp32", "isa=sse4_1"], "an old device: fp32 only, no AVX2"),
    ];
}
