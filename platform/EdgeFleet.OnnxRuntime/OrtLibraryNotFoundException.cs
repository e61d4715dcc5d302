namespace EdgeFleet.OnnxRuntime;

/// <summary>The native library of ONNX Runtime is missing, too old or can't be loaded. The message is one line with the cure.</summary>
public sealed class OrtLibraryNotFoundException : Exception
{
    public OrtLibraryNotFoundException()
    {
    }

    public OrtLibraryNotFoundException(string message)
        : base(message)
    {
    }

    public OrtLibraryNotFoundException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
