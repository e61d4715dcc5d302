namespace EdgeFleet.OnnxRuntime;

/// <summary>A bfloat16: the upper half of a float32.</summary>
/// <param name="Bits">Sign, 8 bits of exponent, 7 bits of mantissa.</param>
public readonly record struct OrtBFloat16(ushort Bits)
{
    public static explicit operator float(OrtBFloat16 value) => value.ToSingle();

    public static explicit operator OrtBFloat16(float value) => FromSingle(value);

    /// <summary>The nearest bfloat16, ties to even; NaN stays NaN.</summary>
    public static OrtBFloat16 FromSingle(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value)
            ? new((ushort)((bits >> 16) | 0x40))
            : new((ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
    }

    /// <summary>The same value; exact.</summary>
    public float ToSingle() => BitConverter.UInt32BitsToSingle((uint)Bits << 16);

    public override string ToString() => ToSingle().ToString();
}
