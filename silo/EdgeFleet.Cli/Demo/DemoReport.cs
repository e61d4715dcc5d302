using System.Text.Json;

namespace EdgeFleet.Cli.Demo;

/// <summary>How the demonstration ended.</summary>
/// <param name="TelemetryLost">Answers which a device put into its telemetry and the silo did not count, or counted twice.</param>
/// <param name="BadVersionActivations">Devices whose live answers ever came from the bad version.</param>
/// <param name="RolledBack">The bad version's rollout was rolled back, and every device serves the good one.</param>
/// <param name="Ok">All of it held.</param>
internal sealed record DemoReport(
    IReadOnlyList<DemoDeviceReport> Devices, long TelemetryLost, int BadVersionActivations, bool RolledBack, double ElapsedSeconds, bool Ok)
{
    public async Task WriteAsync(string file, CancellationToken cancellationToken)
    {
        if (Path.GetDirectoryName(file) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }

        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(this, DemoJson.Default.DemoReport) + "\n", cancellationToken);
    }
}

/// <summary>One device at the end.</summary>
/// <param name="VariantBytes">Bytes of the variant that it serves.</param>
/// <param name="Fp32Bytes">Bytes of the model that was uploaded.</param>
/// <param name="BytesReceived">Payload that crossed the network for this variant, repeated chunks included.</param>
/// <param name="Accuracy">Share in [0, 1] of the labelled images that it classified right.</param>
/// <param name="Fp32Accuracy">The uploaded model's on all test images, by the same runtime.</param>
internal sealed record DemoDeviceReport(
    string Id,
    string Profile,
    string Reason,
    long VariantBytes,
    long Fp32Bytes,
    long BytesReceived,
    double P50Ms,
    double P95Ms,
    long Inferences,
    double Accuracy,
    double Fp32Accuracy);
