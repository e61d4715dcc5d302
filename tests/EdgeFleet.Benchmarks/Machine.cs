using System.Reflection;
using System.Runtime.InteropServices;

namespace EdgeFleet.Benchmarks;

/// <summary>On what, and of which commit, figures were measured.</summary>
internal sealed record Machine(string Processor, int Cores, string System, string Runtime, string Commit)
{
    public static Machine Current { get; } = new(
        ProcessorName(),
        Environment.ProcessorCount,
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        CommitOf(typeof(Machine).Assembly));

    public override string ToString() => $"{Processor}, {Cores} cores, {System}, {Runtime}, commit {Commit}";

    private static string ProcessorName()
    {
        const string cpuInfo = "/proc/cpuinfo";
        var line = File.Exists(cpuInfo) ? File.ReadLines(cpuInfo).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':') + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string CommitOf(Assembly assembly)
    {
        var version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        var plus = version.IndexOf('+');
        return plus < 0 ? "unknown" : version[(plus + 1)..Math.Min(version.Length, plus + 13)];
    }
}
