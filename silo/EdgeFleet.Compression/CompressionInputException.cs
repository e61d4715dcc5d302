namespace EdgeFleet.Compression;

/// <summary>A model or its data cannot be used: the giver's fault, not ours. Caught at the door and shown as it is.</summary>
public abstract class CompressionInputException : Exception
{
    protected CompressionInputException(string message, string? subject = null, Exception? innerException = null)
        : base(message, innerException) => Subject = subject;

    /// <summary>The node, tensor or file at fault, where there is one; the message names it too.</summary>
    public string? Subject { get; }
}

/// <summary>The model is well-formed ONNX, but its graph is wrong or beyond what the engine supports.</summary>
public sealed class InvalidModelException(string message, string? subject = null, Exception? innerException = null)
    : CompressionInputException(message, subject, innerException);

/// <summary>Calibration samples or labels do not fit the model or are not readable.</summary>
public sealed class CalibrationDataException(string message, string? subject = null, Exception? innerException = null)
    : CompressionInputException(message, subject, innerException);
