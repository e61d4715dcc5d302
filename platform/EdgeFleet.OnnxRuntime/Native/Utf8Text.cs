using System.Runtime.InteropServices;

namespace EdgeFleet.OnnxRuntime.Native;

/// <summary>One string, or a row of strings, as null-terminated UTF-8 in native memory.</summary>
/// <remarks>No finalizer on purpose: where a handle owns it, it must outlive that handle's object, and goes with it.</remarks>
internal sealed unsafe class Utf8Text : IDisposable
{
    private readonly byte** pointers;
    private readonly int count;
    private bool disposed;

    /// <exception cref="ArgumentException">A string has a null character inside, at which C would cut it.</exception>
    public Utf8Text(params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
        {
            ArgumentNullException.ThrowIfNull(text);
            if (text.Contains('\0', StringComparison.Ordinal))
            {
                throw new ArgumentException($"'{text.Replace("\0", "\\0", StringComparison.Ordinal)}' has a null character inside.", nameof(texts));
            }
        }

        count = texts.Length;
        pointers = (byte**)NativeMemory.AllocZeroed((nuint)Math.Max(count, 1), (nuint)sizeof(byte*));
        for (var i = 0; i < count; i++)
        {
            pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
        }
    }

    public int Count => count;

    public byte** Pointers => pointers;

    public byte* First => pointers[0];

    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        for (var i = 0; i < count; i++)
        {
            Marshal.FreeCoTaskMem((nint)pointers[i]);
        }

        NativeMemory.Free(pointers);
    }
}
