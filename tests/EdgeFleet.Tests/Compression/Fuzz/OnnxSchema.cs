namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>How a field of an ONNX message is written.</summary>
internal enum FieldKind
{
    /// <summary>Not in the engine's part of onnx.proto.</summary>
    Unknown,
    Message,
    Text,
    Bytes,
    Varint,
    Int32,
    Fixed32,

    /// <summary>Repeated integers, packed or one by one.</summary>
    Integers,

    /// <summary>Repeated numbers of four bytes, packed or one by one.</summary>
    Fours,

    /// <summary>Repeated numbers of eight bytes, packed or one by one.</summary>
    Eights,
}

/// <summary>A field as onnx.proto declares it.</summary>
/// <param name="Kind">How it is written.</param>
/// <param name="Repeated">Whether each occurrence counts, or only the last.</param>
/// <param name="Type">The message type, for messages.</param>
internal readonly record struct FieldRule(FieldKind Kind, bool Repeated = false, int Type = -1);

/// <summary>onnx.proto, written down a second time and independently of the engine's reader, so that the two can disagree.</summary>
internal static class OnnxSchema
{
    public const int Model = 0, Graph = 1, Node = 2, Attribute = 3, Tensor = 4, ValueInfo = 5, Type = 6, TensorType = 7, Shape = 8, Dimension = 9,
        Opset = 10, Entry = 11, Function = 12;

    private static readonly Dictionary<int, FieldRule>[] s_rules =
    [
        new() { [1] = new(FieldKind.Varint), [2] = Text, [3] = Text, [4] = Text, [5] = new(FieldKind.Varint), [7] = One(Graph), [8] = Many(Opset), [14] = Many(Entry), [25] = Many(Function) },
        new() { [1] = Many(Node), [2] = Text, [5] = Many(Tensor), [11] = Many(ValueInfo), [12] = Many(ValueInfo), [13] = Many(ValueInfo) },
        new() { [1] = Texts, [2] = Texts, [3] = Text, [4] = Text, [5] = Many(Attribute), [7] = Text, [8] = Text },
        new()
        {
            [1] = Text, [2] = new(FieldKind.Fixed32), [3] = new(FieldKind.Varint), [4] = new(FieldKind.Bytes), [5] = One(Tensor), [6] = One(Graph), [7] = new(FieldKind.Fours, true),
            [8] = new(FieldKind.Integers, true), [9] = new(FieldKind.Bytes, true), [10] = Many(Tensor), [11] = Many(Graph), [20] = new(FieldKind.Int32), [21] = Text,
        },
        new()
        {
            [1] = new(FieldKind.Integers, true), [2] = new(FieldKind.Int32), [4] = new(FieldKind.Fours, true), [5] = new(FieldKind.Integers, true), [6] = new(FieldKind.Bytes, true),
            [7] = new(FieldKind.Integers, true), [8] = Text, [9] = new(FieldKind.Bytes), [10] = new(FieldKind.Eights, true), [11] = new(FieldKind.Integers, true), [13] = Many(Entry),
            [14] = new(FieldKind.Int32),
        },
        new() { [1] = Text, [2] = One(Type) },
        new() { [1] = One(TensorType) },
        new() { [1] = new(FieldKind.Int32), [2] = One(Shape) },
        new() { [1] = Many(Dimension) },
        new() { [1] = new(FieldKind.Varint), [2] = Text },
        new() { [1] = Text, [2] = new(FieldKind.Varint) },
        new() { [1] = Text, [2] = Text },
        new() { [1] = Text, [4] = Texts, [5] = Texts, [6] = Texts, [7] = Many(Node), [9] = Many(Opset), [10] = Text, [11] = Many(Attribute), [12] = Many(ValueInfo) },
    ];

    private static FieldRule Text => new(FieldKind.Text);

    private static FieldRule Texts => new(FieldKind.Text, true);

    public static FieldRule Rule(int type, int number) => s_rules[type].GetValueOrDefault(number);

    private static FieldRule One(int type) => new(FieldKind.Message, false, type);

    private static FieldRule Many(int type) => new(FieldKind.Message, true, type);
}
