using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Graph;

/// <summary>
/// The operators that the passes make or match, as the engine holds models to them: before the first pass and after each.
/// Source: ONNX operator specification, ONNX Runtime's contrib operators. docs/operators.md is this list.
/// </summary>
internal static class OperatorSpecs
{
    private const string Contrib = "com.microsoft";
    private const string AsInput = "like the first input";
    private const string Broadcasts = "inputs broadcast";

    private static readonly OperatorSpec[] s_all =
    [
        .. Many("Add Sub Mul Div Pow", 2, 2, s => s with { Types = TypeGroup.Number, SameTypes = s.Type == "Pow" ? 1 : 2, ShapeText = Broadcasts, Shape = ShapeRules.Broadcast }),
        .. Many("Equal Greater Less", 2, 2, s => s with { SameTypes = 2, Output = OutputType.Bool, ShapeText = Broadcasts, Shape = ShapeRules.Broadcast }),
        .. Many("Max Min Mean Sum", 1, int.MaxValue, s => s with { Types = TypeGroup.Number, SameTypes = int.MaxValue, ShapeText = Broadcasts, Shape = ShapeRules.Broadcast }),
        .. Many("Relu Neg Abs", 1, 1, s => s with { Types = TypeGroup.Number, ShapeText = AsInput, Shape = ShapeRules.Same }),
        .. Many("Sigmoid Tanh Erf Sqrt Exp Log LeakyRelu Elu Selu HardSigmoid Softplus Reciprocal Floor Ceil", 1, 1, s => s with { Types = s.Type == "Erf" ? TypeGroup.Number : TypeGroup.Float, Since = s.Type == "Erf" ? 9 : 7, ShapeText = AsInput, Shape = ShapeRules.Same }),
        .. Many("Softmax LogSoftmax", 1, 1, s => s with { Types = TypeGroup.Float, ShapeText = AsInput, Shape = ShapeRules.Same }),
        new("", "HardSwish", 14, 1, 1, 1) { Types = TypeGroup.Float, ShapeText = AsInput, Shape = ShapeRules.Same },
        new("", "Gelu", 20, 1, 1, 1) { Types = TypeGroup.Float, ShapeText = AsInput, Shape = ShapeRules.Same },
        new("", "LayerNormalization", 17, 2, 3, 3) { Types = TypeGroup.Float, ShapeText = AsInput, Shape = ShapeRules.FirstSame },
        new("", "Identity", 7, 1, 1, 1) { ShapeText = AsInput, Shape = ShapeRules.Same },
        new("", "Cast", 7, 1, 1, 1) { Output = OutputType.Other, ShapeText = AsInput, Shape = ShapeRules.Same },
        new("", "Dropout", 7, 1, 3, 2) { Types = TypeGroup.Float, Attributes = [new("ratio", 7, 12)], ShapeText = AsInput, Shape = ShapeRules.FirstSame },
        new("", "Clip", 7, 1, 3, 1) { Types = TypeGroup.Number, SameTypes = 3, Attributes = [new("min", 7, 11), new("max", 7, 11)], ShapeText = AsInput, Shape = ShapeRules.Same },
        new("", "BatchNormalization", 7, 5, 5, 5) { Types = TypeGroup.Float, Attributes = [new("spatial", 7, 9), new("training_mode", 14)], ShapeText = "like the first input; parameters as long as its channels", Shape = ShapeRules.Normalize },
        new("", "Where", 9, 3, 3, 1) { ShapeText = Broadcasts, Shape = ShapeRules.Broadcast },

        new("", "Conv", 7, 2, 3, 1) { Types = TypeGroup.Float, SameTypes = 3, ShapeText = "[N, C, ..], [M, C / group, ..], [M] -> [N, M, ..]", Shape = ShapeRules.Conv },
        new("", "ConvTranspose", 7, 2, 3, 1) { Types = TypeGroup.Float, SameTypes = 3, ShapeText = "[N, C, ..], [C, M / group, ..], [M] -> [N, M, ..]", Shape = ShapeRules.ConvTranspose },
        new("", "ConvInteger", 10, 2, 4, 1) { Types = TypeGroup.Integer8, Output = OutputType.Int32, ShapeText = "as Conv, without bias", Shape = null },
        new("", "Gemm", 7, 2, 3, 1) { Types = TypeGroup.Number, SameTypes = 3, ShapeText = "[M, K], [K, N] -> [M, N]; the bias broadcasts", Shape = ShapeRules.Gemm },
        new("", "MatMul", 7, 2, 2, 1) { Types = TypeGroup.Number, SameTypes = 2, ShapeText = "[.., M, K], [.., K, N] -> [.., M, N]", Shape = ShapeRules.MatMul },
        new("", "MatMulInteger", 10, 2, 4, 1) { Types = TypeGroup.Integer8, Output = OutputType.Int32, ShapeText = "as MatMul", Shape = ShapeRules.MatMul },
        .. Many("MaxPool", 1, 1, s => s with { Types = TypeGroup.Number, MostOutputs = 2, Output = OutputType.Other, ShapeText = "[N, C, ..] -> [N, C, ..]", Shape = ShapeRules.Pool }),
        .. Many("AveragePool", 1, 1, s => s with { Types = TypeGroup.Float, ShapeText = "[N, C, ..] -> [N, C, ..]", Shape = ShapeRules.Pool }),
        .. Many("GlobalAveragePool GlobalMaxPool", 1, 1, s => s with { Types = TypeGroup.Float, ShapeText = "[N, C, ..] -> [N, C, 1, ..]", Shape = ShapeRules.GlobalPool }),
        .. Many("LSTM", 3, 8, s => s with { Types = TypeGroup.Float, SameTypes = 4, MostOutputs = 3, Attributes = [new("layout", 14)], ShapeText = "[S, B, I], [D, ..], [D, ..] -> [S, D, B, H], [D, B, H], [D, B, H]", Shape = ShapeRules.Recurrent }),
        .. Many("GRU", 3, 6, s => s with { Types = TypeGroup.Float, SameTypes = 4, MostOutputs = 2, Attributes = [new("layout", 14)], ShapeText = "[S, B, I], [D, ..], [D, ..] -> [S, D, B, H], [D, B, H]", Shape = ShapeRules.Recurrent }),

        new("", "Flatten", 7, 1, 1, 1) { ShapeText = "[d_0 * .. * d_(axis-1), d_axis * ..]", Shape = ShapeRules.Flatten },
        new("", "Reshape", 7, 2, 2, 1) { Attributes = [new("allowzero", 14)], ShapeText = "the shape asked for, as many elements", Shape = ShapeRules.Reshape },
        new("", "Expand", 8, 2, 2, 1) { ShapeText = "the input and the shape asked for broadcast", Shape = ShapeRules.Expand },
        new("", "ConstantOfShape", 9, 1, 1, 1) { Output = OutputType.Other, ShapeText = "that asked for", Shape = q => [q.Dims(0) is { } asked ? asked.Any(d => d.Value < 0) ? null : asked : null] },
        new("", "Transpose", 7, 1, 1, 1) { ShapeText = "permuted by perm", Shape = ShapeRules.Transpose },
        new("", "Squeeze", 7, 1, 2, 1) { Attributes = [new("axes", 7, 13)], ShapeText = "without axes of 1", Shape = ShapeRules.Squeeze },
        new("", "Unsqueeze", 7, 1, 2, 1) { Attributes = [new("axes", 7, 13)], ShapeText = "with axes of 1", Shape = ShapeRules.Unsqueeze },
        new("", "Concat", 7, 1, int.MaxValue, 1) { SameTypes = int.MaxValue, ShapeText = "the axis adds up, all else is equal", Shape = ShapeRules.Concat },
        new("", "Split", 7, 1, 2, int.MaxValue) { Attributes = [new("split", 7, 13), new("num_outputs", 18)], ShapeText = "the axis is shared out", Shape = ShapeRules.Split },
        new("", "Slice", 7, 1, 5, 1) { Attributes = [new("starts", 7, 10), new("ends", 7, 10), new("axes", 7, 10)], ShapeText = "by starts, ends, steps", Shape = ShapeRules.Slice },
        new("", "Gather", 7, 2, 2, 1) { ShapeText = "the axis becomes the indices' shape", Shape = ShapeRules.Gather },
        new("", "Pad", 7, 1, 4, 1) { Attributes = [new("pads", 7, 11), new("value", 7, 11)], ShapeText = "pads added", Shape = ShapeRules.Pad },
        new("", "Resize", 10, 1, 4, 1) { ShapeText = "sizes, or floor(size * scale)", Shape = ShapeRules.Resize },
        new("", "Shape", 7, 1, 1, 1) { Output = OutputType.Int64, ShapeText = "[rank]", Shape = ShapeRules.Shape },
        new("", "Constant", 7, 0, 0, 1) { Output = OutputType.Other, ShapeText = "that of the value" },
        new("", "ReduceSum", 7, 1, 2, 1) { Types = TypeGroup.Number, Attributes = [new("axes", 7, 13)], ShapeText = "axes become 1, or go", Shape = ShapeRules.Reduce },
        .. Many("ReduceMean ReduceMax ReduceMin ReduceProd ReduceL2", 1, 2, s => s with { Attributes = [new("axes", 7, 18)], ShapeText = "axes become 1, or go", Shape = ShapeRules.Reduce }),

        new("", "QuantizeLinear", 10, 2, 3, 1) { Types = TypeGroup.Number, Output = OutputType.Other, Attributes = [new("axis", 13), new("saturate", 19), new("block_size", 21), new("output_dtype", 21)], ShapeText = AsInput, Shape = ShapeRules.Same },
        new("", "DequantizeLinear", 10, 2, 3, 1) { Types = TypeGroup.Quantized, Output = OutputType.Second, Attributes = [new("axis", 13), new("block_size", 21)], ShapeText = AsInput, Shape = ShapeRules.Same },
        new("", "DynamicQuantizeLinear", 11, 1, 1, 3) { Types = TypeGroup.Float, Output = OutputType.Other, ShapeText = "like the input; two scalars", Shape = ShapeRules.DynamicQuantize },

        new(Contrib, "MatMulNBits", 1, 3, 6, 1) { Types = TypeGroup.Float, ShapeText = "[.., K] -> [.., N]", Shape = ShapeRules.MatMulNBits },
        new(Contrib, "DynamicQuantizeLSTM", 1, 12, 12, 3) { NeededInputs = 3, Types = TypeGroup.Float, ShapeText = "as LSTM", Shape = ShapeRules.Recurrent },
        new(Contrib, "DynamicQuantizeMatMul", 1, 3, 5, 1) { Types = TypeGroup.Float, Output = OutputType.Same, ShapeText = "as MatMul", Shape = ShapeRules.MatMul },
        new(Contrib, "Gelu", 1, 1, 1, 1) { Types = TypeGroup.Float, ShapeText = AsInput, Shape = ShapeRules.Same },
    ];

    private static readonly Dictionary<(string, string), OperatorSpec> s_byName = s_all.ToDictionary(s => (s.Domain, s.Type));

    /// <summary>In the order of the document.</summary>
    public static IReadOnlyList<OperatorSpec> All => s_all;

    /// <summary>Null for an operator that no pass touches: only its name is checked.</summary>
    public static OperatorSpec? Of(OnnxNode node) => s_byName.GetValueOrDefault((OnnxOpset.Normalize(node.Domain), node.OpType));

    private static IEnumerable<OperatorSpec> Many(string types, int least, int most, Func<OperatorSpec, OperatorSpec> rest) =>
        types.Split(' ').Select(type => rest(new OperatorSpec("", type, 7, least, most, 1)));
}
