using System.Runtime.InteropServices;

namespace EdgeFleet.Silo.Artifacts;

/// <summary>Makes a rename durable: POSIX wants the folder itself synchronized, and .NET opens no folders.</summary>
internal static partial class DirectorySync
{
    private const int ReadOnlyFlag = 0;

    /// <exception cref="IOException">The folder can't be opened or synchronized; carries errno.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, ReadOnlyFlag);
        if (descriptor < 0)
        {
            throw new IOException($"{folder} can't be opened (errno {Marshal.GetLastPInvokeError()}).");
        }

        var failed = Fsync(descriptor) != 0;
        var errno = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (failed)
        {
            throw new IOException($"{folder} can't be synchronized (errno {errno}).");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
