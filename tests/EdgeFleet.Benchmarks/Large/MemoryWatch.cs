using System.Globalization;
using System.Runtime.InteropServices;

namespace EdgeFleet.Benchmarks.Large;

/// <summary>
/// Looks at this process's memory fifty times a second. What the system counts as anonymous is memory that somebody holds; resident
/// counts the pages of mapped files too, which the system takes back when it needs them.
/// </summary>
internal sealed class MemoryWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _thread;

    public MemoryWatch()
    {
        _thread = new Thread(Watch) { IsBackground = true, Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <summary>Peak of anonymous memory so far.</summary>
    public long PeakAnonymousBytes { get; private set; }

    /// <summary>Peak of resident memory so far.</summary>
    public long PeakResidentBytes { get; private set; }

    public void Dispose()
    {
        _end.Set();
        _thread.Join();
        _end.Dispose();
    }

    /// <summary>Gives what native allocators keep back to the system, so that one step's garbage is not counted as another's.</summary>
    public static void Trim()
    {
        GC.Collect();
        _ = NativeTrim(0);
    }

    private void Watch()
    {
        do
        {
            foreach (var line in File.ReadLines("/proc/self/status"))
            {
                PeakAnonymousBytes = Math.Max(PeakAnonymousBytes, Kilobytes(line, "RssAnon:") * 1024);
                PeakResidentBytes = Math.Max(PeakResidentBytes, Kilobytes(line, "VmRSS:") * 1024);
            }
        }
        while (!_end.Wait(Interval));
    }

    private static long Kilobytes(string line, string name) => line.StartsWith(name, StringComparison.Ordinal)
        ? long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
        : 0;

    [DllImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeTrim(nuint pad);
}
