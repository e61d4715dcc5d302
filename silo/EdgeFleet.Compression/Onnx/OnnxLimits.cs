namespace EdgeFleet.Compression.Onnx;

/// <summary>Bounds on what is read. A file beyond one of them is refused before memory is spent on it.</summary>
internal static class OnnxLimits
{
    /// <summary>Messages within messages. A subgraph costs three levels.</summary>
    public const int Depth = 64;

    /// <summary>Objects (nodes, attributes, names, dimensions…) in one file; each costs some hundred bytes.</summary>
    public const int Objects = 4_000_000;

    /// <summary>Bytes of one name.</summary>
    public const int NameBytes = 64 * 1024;

    /// <summary>Protobuf's own bound on a file.</summary>
    public const int FileBytes = int.MaxValue;
}
