using System.Diagnostics;
using System.Globalization;

namespace EdgeFleet.Benchmarks.Quantize;

/// <summary>Runs this program anew and measures it from outside.</summary>
internal static class ColdProcess
{
    /// <summary>Wall time from start to end, and the peak of resident memory that the system noted.</summary>
    internal sealed record Cost(double Seconds, double PeakMiB);

    /// <returns>The median by wall time of several runs.</returns>
    public static Cost Median(int runs, params string[] arguments) =>
        Enumerable.Range(0, runs).Select(_ => Run(arguments)).Select(r => new Cost(r.Seconds, double.Parse(r.Told, CultureInfo.InvariantCulture)))
            .OrderBy(c => c.Seconds).ElementAt(runs / 2);

    /// <returns>Wall time, and what it told on its error stream.</returns>
    public static (double Seconds, string Told) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardError = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
        {
            start.ArgumentList.Add(typeof(ColdProcess).Assembly.Location);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var begun = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        var peak = process.StandardError.ReadToEnd();
        process.WaitForExit();
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return process.ExitCode == 0
            ? (seconds, peak.Trim())
            : throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}: {peak}");
    }

    /// <summary>Peak resident memory of this process in MiB, as Linux counts it.</summary>
    public static double PeakMiB()
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
