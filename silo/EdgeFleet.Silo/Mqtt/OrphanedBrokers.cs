using System.Runtime.InteropServices;
using System.Text;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Ends brokers that a silo left behind when it was killed: processes of mosquitto whose configuration file is this silo's.</summary>
/// <remarks>No pid file is needed, and no process of a reused number can be hit: the command line itself says whose it is.</remarks>
internal static partial class OrphanedBrokers
{
    private const int Terminate = 15;
    private const int KillNow = 9;
    private const int Polls = 100;
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(50);

    /// <returns>How many were found.</returns>
    public static int End(string configurationFile)
    {
        var found = Find(configurationFile);
        foreach (var id in found)
        {
            _ = Kill(id, Terminate);
        }

        using var pause = new ManualResetEventSlim();
        for (var i = 0; i < Polls && found.Any(id => IsOurs(id, configurationFile)); i++)
        {
            pause.Wait(s_poll);
        }

        foreach (var id in found.Where(id => IsOurs(id, configurationFile)))
        {
            _ = Kill(id, KillNow);
        }

        return found.Count;
    }

    /// <summary>Asks a process to end.</summary>
    internal static void AskToEnd(int processId) => _ = Kill(processId, Terminate);

    /// <summary>Makes mosquitto read its certificates again.</summary>
    internal static void AskToReload(int processId) => _ = Kill(processId, 1);

    internal static IReadOnlyList<int> Find(string configurationFile)
    {
        var found = new List<int>();
        if (OperatingSystem.IsLinux())
        {
            foreach (var folder in Directory.EnumerateDirectories("/proc"))
            {
                if (int.TryParse(Path.GetFileName(folder), out var id) && id != Environment.ProcessId && IsOurs(id, configurationFile))
                {
                    found.Add(id);
                }
            }
        }

        return found;
    }

    private static bool IsOurs(int processId, string configurationFile)
    {
        try
        {
            var words = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{processId}/cmdline")).Split('\0');
            return words.Any(w => Path.GetFileName(w) == "mosquitto") && words.Contains(configurationFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or belongs to someone else.
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int processId, int signal);
}
