using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeFleet.OnnxRuntime;

/// <summary>
/// Gives memory back to the system that this process holds but does not need: code that ran once (the start of .NET, the registration
/// of ONNX Runtime's thousands of kernels: some 25 MiB), and what native allocations left free. Linux only; elsewhere it does nothing.
/// </summary>
public static unsafe partial class ResidentMemory
{
    private const int DontNeed = 4;
    private const int MostPages = 1 << 20;

    /// <summary>Smaller mappings are not worth asking about.</summary>
    private const int LeastMapping = 256 << 10;

    private const ulong Present = 1UL << 63, OfFile = 1UL << 61;

    /// <summary>
    /// Drops pages that were read from a file, were never written and can't be written: the system reads them again, mostly from its
    /// cache, when they are used. Safe beside any other work of the process; takes about a millisecond.
    /// </summary>
    /// <returns>Bytes dropped; 0 where the system does not tell which pages are such.</returns>
    public static long GiveBack()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        try
        {
            Trim();
            var dropped = 0L;
            using var pages = File.OpenHandle("/proc/self/pagemap");
            foreach (var line in File.ReadLines("/proc/self/maps"))
            {
                if (TryParse(line, out var start, out var end))
                {
                    dropped += Drop(pages, start, end);
                }
            }

            return dropped;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0; // a sandbox without /proc
        }
    }

    /// <summary>A line of /proc/self/maps that is a private mapping of a file, not writable: <c>7f00-7f08 r-xp 00000000 fe:00 123 /lib/x.so</c>.</summary>
    private static bool TryParse(ReadOnlySpan<char> line, out nuint start, out nuint end)
    {
        (start, end) = (0, 0);
        var dash = line.IndexOf('-');
        var space = line.IndexOf(' ');
        return dash > 0 && space > dash + 1 && line.Length > space + 5 && line.Contains('/')
            && line[space + 1] == 'r' && line[space + 2] == '-' && line[space + 4] == 'p'
            && nuint.TryParse(line[..dash], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out start)
            && nuint.TryParse(line[(dash + 1)..space], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out end)
            && end >= start + LeastMapping;
    }

    /// <summary>Drops the runs of present pages that still are the file's own: not those that relocation or a debugger changed.</summary>
    private static long Drop(SafeFileHandle pages, nuint start, nuint end)
    {
        var size = (nuint)Environment.SystemPageSize;
        var count = (int)Math.Min((end - start) / size, MostPages);
        var entries = new ulong[count];
        var read = RandomAccess.Read(pages, MemoryMarshal.AsBytes(entries.AsSpan()), (long)(start / size) * sizeof(ulong)) / sizeof(ulong);
        var dropped = 0L;
        for (var i = 0; i < read;)
        {
            var first = i;
            while (i < read && (entries[i] & (Present | OfFile)) == (Present | OfFile))
            {
                i++;
            }

            if (i > first && Advise((void*)(start + ((nuint)first * size)), (nuint)(i - first) * size, DontNeed) == 0)
            {
                dropped += (i - first) * (long)size;
            }

            i += i == first ? 1 : 0;
        }

        return dropped;
    }

    private static void Trim()
    {
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // A C library other than glibc.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
