using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>Element types that an operator's main input may have.</summary>
internal enum TypeGroup
{
    Any,
    Float,
    Number,
    Integer8,
    Quantized,
}

/// <summary>The type of an operator's outputs.</summary>
internal enum OutputType
{
    /// <summary>That of the first input (of the second, for Where).</summary>
    Same,
    Bool,
    Int32,
    Int64,

    /// <summary>That of the second input: what DequantizeLinear scales with.</summary>
    Second,

    /// <summary>Named by an attribute or by the zero point, or not said here.</summary>
    Other,
}

/// <summary>An attribute that an operator has from one ai.onnx version on, up to another.</summary>
/// <param name="Name">The attribute.</param>
/// <param name="Since">First version that has it.</param>
/// <param name="Until">First version that no longer has it; int.MaxValue where all later ones do.</param>
internal sealed record AttributeSpan(string Name, int Since, int Until = int.MaxValue);

/// <summary>What the engine holds an operator to that its passes make or match. The whole list is in <see cref="OperatorSpecs"/>.</summary>
/// <param name="Domain">Empty for ai.onnx.</param>
/// <param name="Type">The operator.</param>
/// <param name="Since">First ai.onnx version that has it, 7 where older ones do too; 1 in other domains.</param>
/// <param name="LeastInputs">Inputs that must be there, left out or not.</param>
/// <param name="MostInputs">Inputs that may be there.</param>
/// <param name="MostOutputs">Outputs that may be there, at least one.</param>
internal sealed record OperatorSpec(string Domain, string Type, int Since, int LeastInputs, int MostInputs, int MostOutputs)
{
    /// <summary>Leading inputs that must not be left out.</summary>
    public int NeededInputs { get; init; } = LeastInputs;

    /// <summary>Types of the first input.</summary>
    public TypeGroup Types { get; init; }

    /// <summary>Leading inputs that must all have one type.</summary>
    public int SameTypes { get; init; } = 1;

    public OutputType Output { get; init; }

    /// <summary>Attributes that not every version has.</summary>
    public IReadOnlyList<AttributeSpan> Attributes { get; init; } = [];

    /// <summary>The shape rule in words.</summary>
    public string ShapeText { get; init; } = "not inferred";

    /// <summary>The shape rule; null where shapes are not inferred.</summary>
    public ShapeRule? Shape { get; init; }

    public static bool Allows(TypeGroup group, OnnxElementType type) => type == OnnxElementType.Undefined || group switch
    {
        TypeGroup.Float => type is OnnxElementType.Float or OnnxElementType.Float16 or OnnxElementType.Double or OnnxElementType.BFloat16,
        TypeGroup.Number => type is not (OnnxElementType.Bool or OnnxElementType.String),
        TypeGroup.Integer8 => type is OnnxElementType.Int8 or OnnxElementType.UInt8,
        TypeGroup.Quantized => type is not (OnnxElementType.Bool or OnnxElementType.String or OnnxElementType.Float or OnnxElementType.Float16
            or OnnxElementType.Double or OnnxElementType.BFloat16 or OnnxElementType.Int64 or OnnxElementType.UInt64),
        _ => true,
    };
}

/// <summary>Infers the shapes of a node's outputs, null where nothing is known, or finds that its inputs do not fit together.</summary>
internal delegate IReadOnlyList<Dim[]?> ShapeRule(ShapeQuestion question);
