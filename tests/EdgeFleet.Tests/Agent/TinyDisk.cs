using System.Diagnostics;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Agent;

/// <summary>A small file system of its own, to be filled up.</summary>
internal sealed class TinyDisk : IDisposable
{
    private readonly TempFolder _folder;

    private TinyDisk(TempFolder folder) => _folder = folder;

    public string Path => _folder.Path;

    /// <summary>Null where this user may not mount.</summary>
    public static TinyDisk? TryMount(long bytes)
    {
        var folder = new TempFolder();
        if (Run("mount", "-t", "tmpfs", "-o", $"size={bytes}", "tmpfs", folder.Path))
        {
            return new TinyDisk(folder);
        }

        folder.Dispose();
        return null;
    }

    public void Dispose()
    {
        Run("umount", "-l", Path);
        _folder.Dispose();
    }

    private static bool Run(string file, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true });
            process!.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
