using EdgeFleet.Cli.Output;

namespace EdgeFleet.Cli.Demo;

/// <summary>The table at the end.</summary>
internal static class ReportTable
{
    private static readonly Column[] Columns =
        [new("DEVICE"), new("PROFILE"), new("VARIANT", Right: true), new("OF FP32", Right: true), new("RECEIVED", Right: true), new("P50", Right: true),
         new("P95", Right: true), new("IMAGES", Right: true), new("ACCURACY", Right: true), new("FP32", Right: true)];

    public static void Write(Screen screen, DemoReport report)
    {
        screen.Line("");
        screen.Table(Columns, [.. report.Devices.Select(Row)]);
        screen.Line($"telemetry lost: {Format.Count(report.TelemetryLost)} answers. Devices that ever served the bad version: {report.BadVersionActivations}. "
            + $"Rolled back: {(report.RolledBack ? "yes" : "no")}. {report.ElapsedSeconds:0.0} s in all.");
        screen.Markup(report.Ok ? "[green]All of it held.[/]" : "[red]Not all of it held.[/]");
    }

    private static string[] Row(DemoDeviceReport device) =>
    [
        device.Id,
        device.Profile,
        Format.Bytes(device.VariantBytes),
        Format.Percent((double)device.VariantBytes / device.Fp32Bytes),
        Format.Bytes(device.BytesReceived),
        Format.Milliseconds(device.P50Ms),
        Format.Milliseconds(device.P95Ms),
        Format.Count(device.Inferences),
        Format.Percent(device.Accuracy),
        Format.Percent(device.Fp32Accuracy),
    ];
}
