using System.Runtime.InteropServices;

namespace EdgeFleet.OnnxRuntime.Native;

/// <summary>An object of ONNX Runtime. Released when disposed and no call uses it any more, whichever is later.</summary>
internal sealed unsafe class OrtHandle : SafeHandle
{
    private readonly delegate* unmanaged<nint, void> release;
    private readonly IDisposable? owned;
    private volatile bool disposed;

    /// <param name="value">The object.</param>
    /// <param name="release">Its release function.</param>
    /// <param name="owned">What must outlive the object (pinned memory, names) and goes right after it.</param>
    public OrtHandle(nint value, delegate* unmanaged<nint, void> release, IDisposable? owned = null)
        : base(0, ownsHandle: true)
    {
        this.release = release;
        this.owned = owned;
        SetHandle(value);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>True from <see cref="SafeHandle.Dispose()"/> on, also while calls still use the object.</summary>
    public bool IsDisposed => disposed;

    /// <summary>Keeps the object from being released until <see cref="SafeHandle.DangerousRelease"/>, and returns it.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed. (A SafeHandle alone would go on as long as other calls overlap.)</exception>
    public nint Enter()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        var added = false;
        DangerousAddRef(ref added);
        return handle;
    }

    protected override void Dispose(bool disposing)
    {
        disposed = true;
        base.Dispose(disposing);
    }

    protected override bool ReleaseHandle()
    {
        release(handle);
        owned?.Dispose();
        return true;
    }
}

/// <summary>Keeps a handle from being released while a native call uses it.</summary>
internal ref struct OrtUse
{
    private readonly OrtHandle handle;
    private bool held;

    /// <exception cref="ObjectDisposedException">It was disposed before.</exception>
    public OrtUse(OrtHandle handle)
    {
        this.handle = handle;
        Value = handle.Enter();
        held = true;
    }

    public readonly nint Value { get; }

    public void Dispose()
    {
        if (held)
        {
            held = false;
            handle.DangerousRelease();
        }
    }
}
