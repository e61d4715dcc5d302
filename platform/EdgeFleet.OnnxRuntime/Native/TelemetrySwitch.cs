using System.Runtime.InteropServices;

namespace EdgeFleet.OnnxRuntime.Native;

/// <summary>
/// Keeps the library from telling its maker what it runs. From 1.30 on the Linux library makes a device id and a database of events
/// under ~/.cache/Microsoft, a log in the temporary folder and a thread that uploads, all before <c>DisableTelemetryEvents</c> can be
/// called; only the variable ORT_DISABLE_TELEMETRY, read when the environment is made, prevents that.
/// </summary>
internal static partial class TelemetrySwitch
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>Sets the variable where native code reads it; .NET's own setter changes a copy on Unix. What the user set stays.</summary>
    public static void TurnOff()
    {
        if (OperatingSystem.IsWindows())
        {
            if (Environment.GetEnvironmentVariable(Variable) is null)
            {
                Environment.SetEnvironmentVariable(Variable, "1");
            }
        }
        else
        {
            _ = SetEnvironment(Variable, "1", overwrite: 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
