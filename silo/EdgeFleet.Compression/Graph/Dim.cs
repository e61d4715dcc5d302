using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>One dimension of a shape: a number, a symbol such as <c>batch</c> that stands for one, or neither.</summary>
/// <param name="Value">The number; null where it is not known before the model runs.</param>
/// <param name="Symbol">Equal symbols are equal numbers; null where nothing is known.</param>
internal readonly record struct Dim(long? Value, string? Symbol = null)
{
    public static Dim Unknown => default;

    /// <summary>Longest shape that is followed; no operator that is checked has use for more.</summary>
    public const int MostDimensions = 64;

    /// <summary>A number; a negative one, which a damaged file can lead to, is unknown.</summary>
    public static implicit operator Dim(long value) => new(value < 0 ? null : value);

    public bool IsKnown => Value is not null;

    /// <summary>True where both are numbers and not the same one.</summary>
    public bool Contradicts(Dim other) => Value is { } a && other.Value is { } b && a != b;

    public override string ToString() => Value?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? Symbol ?? "?";
}

/// <summary>What is known of a value.</summary>
/// <param name="Type">Undefined where it is not known.</param>
/// <param name="Shape">Null where not even the rank is known.</param>
internal readonly record struct ValueKind(OnnxElementType Type, Dim[]? Shape);
