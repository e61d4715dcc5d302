using System.Buffers;
using System.Runtime.InteropServices;

namespace EdgeFleet.Compression.Onnx;

/// <summary>Little-endian bytes seen as floats, where they lie.</summary>
/// <param name="bytes">A multiple of four; not written to.</param>
internal sealed class FloatMemory(ReadOnlyMemory<byte> bytes) : MemoryManager<float>
{
    public override Span<float> GetSpan() => MemoryMarshal.Cast<byte, float>(MemoryMarshal.AsMemory(bytes).Span);

    public override MemoryHandle Pin(int elementIndex = 0) => bytes[(elementIndex * sizeof(float))..].Pin();

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
