namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Values at which programs go wrong.</summary>
internal static class Interesting
{
    private static readonly ulong[] s_numbers =
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 16, 17, 22, 31, 32, 64, 127, 128, 255, 256, 1000, 65535, 65536, 1 << 20, int.MaxValue, 0x80000000, 0xFFFFFFFF, 1UL << 32, 1UL << 33,
        1UL << 40, long.MaxValue, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 1, unchecked((ulong)int.MinValue), (ulong)long.MaxValue - 1, 0x2000000000000001,
    ];

    private static readonly uint[] s_singles =
    [
        0, 0x80000000, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F7FFFFF, 0xFF7FFFFF, 0x00000001, 0x00800000, 0x3F000000, 0x477FE000, 0x47800000, 1, uint.MaxValue,
    ];

    public static string[] Operators { get; } =
    [
        "Add", "BatchNormalization", "Cast", "Clip", "Concat", "Constant", "Conv", "ConvTranspose", "DequantizeLinear", "Div", "Dropout", "Flatten", "Gather", "Gemm", "Identity", "If", "Loop",
        "LSTM", "MatMul", "Mul", "Pad", "PRelu", "QuantizeLinear", "Relu", "Reshape", "Resize", "Scan", "Slice", "Softmax", "Split", "Squeeze", "Sub", "Transpose", "Unsqueeze", "Where", "Nonsense",
    ];

    public static byte[][] Texts { get; } =
    [
        [], "\0"u8.ToArray(), "/"u8.ToArray(), "../x"u8.ToArray(), "ai.onnx"u8.ToArray(), "com.microsoft"u8.ToArray(), "<script>"u8.ToArray(), [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98, 0x80],
        "9223372036854775807"u8.ToArray(), "-1"u8.ToArray(), new byte[300], [.. Enumerable.Repeat((byte)'a', 65_537)],
    ];

    public static ulong Number(ref FuzzRandom random) => random.OneIn(4) ? (ulong)random.Below(40) : random.OneIn(16) ? random.Next() : random.Of<ulong>(s_numbers);

    public static uint Single(ref FuzzRandom random) => random.OneIn(3) ? (uint)random.Next() : random.Of<uint>(s_singles);
}
