using System.Buffers;
using System.Runtime.InteropServices;

namespace EdgeFleet.Compression.Onnx;

/// <summary>A tensor's part of a mapped file.</summary>
internal sealed unsafe class MappedSlice(MappedFiles files, MappedFile file, long offset, int length) : MemoryManager<byte>
{
    private volatile bool _isTouched;

    /// <summary>True for memory that lies in a mapped file.</summary>
    public static bool Is(ReadOnlyMemory<byte> memory) => MemoryMarshal.TryGetMemoryManager<byte, MappedSlice>(memory, out _);

    /// <summary>The same memory, as a slice of its own where it is part of a larger one.</summary>
    public static ReadOnlyMemory<byte> Alone(ReadOnlyMemory<byte> memory) =>
        memory.Length >= ConstantSpool.LeastBytes && MemoryMarshal.TryGetMemoryManager<byte, MappedSlice>(memory, out var slice, out var start, out var length) && length < slice.Length
            ? slice.Part(start, length)
            : memory;

    public string Path => file.Path;

    public long Offset => offset;

    public int Length => length;

    public override Span<byte> GetSpan()
    {
        Touch();
        return new(file.Pointer(offset), length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        Touch();
        return new(file.Pointer(offset) + elementIndex, pinnable: this);
    }

    public override void Unpin()
    {
    }

    internal void Forget()
    {
        _isTouched = false;
        file.Forget(offset, length);
    }

    protected override void Dispose(bool disposing)
    {
    }

    private ReadOnlyMemory<byte> Part(int start, int count) => new MappedSlice(files, file, offset + start, count).Memory;

    private void Touch()
    {
        if (!_isTouched)
        {
            _isTouched = true;
            files.Touched(this);
        }
    }
}
