namespace EdgeFleet.Compression.Onnx;

/// <summary>A field that the engine does not interpret, with its tag, as it was read.</summary>
internal readonly record struct UnknownField(int Number, ReadOnlyMemory<byte> Bytes);

/// <summary>A protobuf message that keeps what it does not know.</summary>
internal abstract class OnnxMessage
{
    private List<UnknownField>? _unknown;

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<UnknownField> Unknown => _unknown ?? (IReadOnlyList<UnknownField>)[];

    internal void Keep(UnknownField field) => (_unknown ??= []).Add(field);

    internal void KeepAll(OnnxMessage other)
    {
        foreach (var field in other.Unknown)
        {
            Keep(field);
        }
    }

    /// <summary>Drops what was kept under these field numbers.</summary>
    internal void Forget(params ReadOnlySpan<int> numbers)
    {
        for (var i = (_unknown?.Count ?? 0) - 1; i >= 0; i--)
        {
            if (numbers.Contains(_unknown![i].Number))
            {
                _unknown.RemoveAt(i);
            }
        }
    }

    /// <summary>Writes the known fields in the order of their numbers; the writer slips the unknown ones in between.</summary>
    internal abstract void Write(ProtoWriter writer);
}
