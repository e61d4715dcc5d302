namespace EdgeFleet.Compression.Onnx;

/// <summary>The bytes are not an ONNX model, or part of one contradicts itself.</summary>
public sealed class OnnxFormatException(string message, string? subject = null, Exception? innerException = null)
    : CompressionInputException(message, subject, innerException);

/// <summary>A tensor's external data is missing, too short, or outside the model's folder.</summary>
public sealed class ExternalDataException(string message, string? subject = null) : CompressionInputException(message, subject);
