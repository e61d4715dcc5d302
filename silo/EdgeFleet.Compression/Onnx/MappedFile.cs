using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace EdgeFleet.Compression.Onnx;

/// <summary>
/// A file as memory that the system reads when it is looked at and may forget again: tensors of several gigabytes cost no memory of
/// ours. Unmapped when disposed and not by a finalizer: a span would not keep it alive. The file must not be cut off while it is read.
/// </summary>
internal sealed unsafe partial class MappedFile : IDisposable
{
    private const int DontNeed = 4;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _start;

    /// <param name="path">A file that exists and is not empty.</param>
    public MappedFile(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read), null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
        Path = path;
        Length = new FileInfo(path).Length;
    }

    public string Path { get; }

    /// <summary>Bytes when it was mapped.</summary>
    public long Length { get; }

    /// <summary>Part of it; within <see cref="Length"/>.</summary>
    public ReadOnlySpan<byte> Span(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        return new(_start + offset, length);
    }

    /// <summary>Where a part of it begins; lives as long as this.</summary>
    public byte* Pointer(long offset)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        return _start + offset;
    }

    /// <summary>Tells the system that a part is not needed for now; looked at again, it is read again, also by a thread that is at it.</summary>
    public void Forget(long offset, int length)
    {
        if (!OperatingSystem.IsLinux() || _start is null)
        {
            return;
        }

        // Whole pages: what shares the first or the last with a neighbour is only read again.
        var first = offset / Environment.SystemPageSize * Environment.SystemPageSize;
        _ = Advise(_start + first, (nuint)(offset + length - first), DontNeed);
    }

    public void Dispose()
    {
        if (_start is not null)
        {
            _start = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }

    /// <summary>A hint; its failure changes nothing.</summary>
    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(byte* address, nuint length, int advice);
}
