using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace EdgeFleet.Compression.Onnx;

/// <summary>
/// Part of a file as memory that the system reads when it is looked at and may forget again: tensors of several gigabytes cost no
/// memory of ours. Unmapped when disposed and not by a finalizer: a span would not keep it alive. The file must not be cut off while
/// it is read.
/// </summary>
internal sealed unsafe class MappedFile : MemoryManager<byte>
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly int _length;
    private byte* _start;

    /// <param name="path">A file that exists.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes, all of them within the file.</param>
    public MappedFile(string path, long offset, int length)
    {
        _length = length;
        _file = MemoryMappedFile.CreateFromFile(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read), null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(offset, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        return new(_start, _length);
    }

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex, pinnable: this);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (_start is not null)
        {
            _start = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }
}
