using System.Runtime.InteropServices;

namespace EdgeFleet.OnnxRuntime.Native;

/// <summary>A file path as ONNX Runtime takes it: UTF-16 on Windows, UTF-8 elsewhere.</summary>
internal sealed unsafe class NativePath : IDisposable
{
    /// <exception cref="ArgumentException">The path is empty or has a null character inside.</exception>
    public NativePath(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A path can't have a null character inside.", nameof(path));
        }

        Pointer = (void*)(OperatingSystem.IsWindows() ? Marshal.StringToCoTaskMemUni(path) : Marshal.StringToCoTaskMemUTF8(path));
    }

    public void* Pointer { get; private set; }

    public void Dispose()
    {
        Marshal.FreeCoTaskMem((nint)Pointer);
        Pointer = null;
    }
}
