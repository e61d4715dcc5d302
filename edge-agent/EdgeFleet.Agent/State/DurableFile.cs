using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeFleet.Agent.State;

/// <summary>Writes that survive a kill or a power cut at any instant.</summary>
internal static partial class DurableFile
{
    private const int ErrnoNoSpace = 28;
    private const int ErrnoQuota = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Replaces a file: temp file beside it, flush, rename, flush of the folder. Readers see the old bytes or the new, never a mix.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> bytes, UnixFileMode? mode = null)
    {
        var temp = path + ".tmp";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (mode is not null && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        using (var stream = new FileStream(temp, options))
        {
            stream.Write(bytes);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temp, path, overwrite: true);
        FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Makes renames and new names in a folder durable. Without effect where the system has no such call.</summary>
    public static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        const int readOnlyDirectoryCloseOnExec = 0x80000;
        var handle = Open(folder, readOnlyDirectoryCloseOnExec, 0);
        if (handle < 0)
        {
            throw new IOException($"Folder {folder} can't be opened to be flushed (errno {Marshal.GetLastPInvokeError()}).");
        }

        using var owned = new SafeFileHandle(handle, ownsHandle: true);
        if (Fsync(handle) != 0)
        {
            throw new IOException($"Folder {folder} can't be flushed (errno {Marshal.GetLastPInvokeError()}).");
        }
    }

    /// <summary>Gives a new file its length and takes the room for it, so that later writes can't run out of it.</summary>
    /// <exception cref="IOException">No room (see <see cref="IsDiskFull"/>), or the file system can't hold such a file.</exception>
    public static void Allocate(SafeFileHandle file, long bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            var error = PosixFallocate(file, 0, bytes);
            if (error != 0)
            {
                throw new IOException($"{bytes} bytes can't be allocated: {Marshal.GetPInvokeErrorMessage(error)}.", error);
            }
        }

        RandomAccess.SetLength(file, bytes);
    }

    /// <summary>True where an exception says that there is no room left.</summary>
    public static bool IsDiskFull(Exception e) =>
        e is IOException && (e.HResult is ErrnoNoSpace or ErrnoQuota or WindowsDiskFull);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int PosixFallocate(SafeFileHandle file, long offset, long length);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);
}
