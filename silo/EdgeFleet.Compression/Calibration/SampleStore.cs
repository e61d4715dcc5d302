using Microsoft.Win32.SafeHandles;

namespace EdgeFleet.Compression.Calibration;

/// <summary>Bytes of samples, wherever they lie. Safe for concurrent reads.</summary>
internal abstract class SampleStore : IDisposable
{
    public abstract long Length { get; }

    /// <summary>Bytes [offset, offset + length): a view where they are in memory, else a copy.</summary>
    public abstract ReadOnlyMemory<byte> Read(long offset, int length);

    /// <summary>A part of the store, which ends with it.</summary>
    public SampleStore From(long offset) => offset == 0 ? this : new Part(this, offset);

    public abstract void Dispose();

    public static SampleStore Of(ReadOnlyMemory<byte> memory) => new InMemory(memory);

    /// <param name="handle">Readable and seekable; closed with the store.</param>
    /// <param name="name">For messages.</param>
    public static SampleStore Of(SafeFileHandle handle, string name) => new InFile(handle, name);

    private sealed class InMemory(ReadOnlyMemory<byte> memory) : SampleStore
    {
        public override long Length => memory.Length;

        public override ReadOnlyMemory<byte> Read(long offset, int length) => memory.Slice(checked((int)offset), length);

        public override void Dispose()
        {
        }
    }

    /// <summary>Read piece by piece rather than mapped: mapped pages would count as memory of the process.</summary>
    private sealed class InFile(SafeFileHandle handle, string name) : SampleStore
    {
        public override long Length { get; } = RandomAccess.GetLength(handle);

        public override ReadOnlyMemory<byte> Read(long offset, int length)
        {
            var bytes = GC.AllocateUninitializedArray<byte>(length);
            for (var done = 0; done < length;)
            {
                var read = RandomAccess.Read(handle, bytes.AsSpan(done), offset + done);
                done += read > 0 ? read : throw new CalibrationDataException($"{name} became shorter while it was read.", name);
            }

            return bytes;
        }

        public override void Dispose() => handle.Dispose();
    }

    private sealed class Part(SampleStore whole, long start) : SampleStore
    {
        public override long Length => whole.Length - start;

        public override ReadOnlyMemory<byte> Read(long offset, int length) => whole.Read(start + offset, length);

        public override void Dispose() => whole.Dispose();
    }
}
