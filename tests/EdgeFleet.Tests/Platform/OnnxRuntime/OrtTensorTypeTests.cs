using System.Runtime.InteropServices;
using EdgeFleet.OnnxRuntime;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.OnnxRuntime;

public sealed class OrtTensorTypeTests
{
    [Theory]
    [InlineData(OrtElementType.Float)]
    [InlineData(OrtElementType.UInt8)]
    [InlineData(OrtElementType.Int8)]
    [InlineData(OrtElementType.UInt16)]
    [InlineData(OrtElementType.Int16)]
    [InlineData(OrtElementType.Int32)]
    [InlineData(OrtElementType.Int64)]
    [InlineData(OrtElementType.Bool)]
    [InlineData(OrtElementType.Float16)]
    [InlineData(OrtElementType.Double)]
    [InlineData(OrtElementType.UInt32)]
    [InlineData(OrtElementType.UInt64)]
    [InlineData(OrtElementType.BFloat16)]
    [InlineData(OrtElementType.Float8E4M3FN)]
    [InlineData(OrtElementType.Float8E4M3FNUZ)]
    [InlineData(OrtElementType.Float8E5M2)]
    [InlineData(OrtElementType.Float8E5M2FNUZ)]
    public void Every_fixed_size_type_passes_through_a_model_bit_by_bit(OrtElementType type)
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Identity((int)type, 3L, 5L));
        var bytes = new byte[OrtElementTypes.BytesOf(type, 15)];
        new Random(7).NextBytes(bytes);
        if (type == OrtElementType.Bool)
        {
            bytes = [.. bytes.Select(b => (byte)(b & 1))];
        }

        using var given = OrtValue.OverBytes(type, bytes, [3, 5]);
        using var result = OrtValue.Create(type, [3, 5]);
        session.Run([given], [result]);
        result.GetBytes().ToArray().ShouldBe(bytes);

        var made = session.Run([given]).ShouldHaveSingleItem();
        made.ElementType.ShouldBe(type);
        made.Dimensions.ToArray().ShouldBe([3, 5]);
        made.GetBytes().ToArray().ShouldBe(bytes);
        made.Dispose();
        session.Inputs[0].ElementType.ShouldBe(type);
    }

    [Theory]
    [InlineData(OrtElementType.Int4, new byte[] { 0x98, 0xF0, 0x07 }, new float[] { -8, -7, 0, -1, 7 })]
    [InlineData(OrtElementType.UInt4, new byte[] { 0x98, 0xF0, 0x07 }, new float[] { 8, 9, 0, 15, 7 })]
    public void Four_bit_elements_lie_two_in_a_byte_the_first_in_the_lower_half(OrtElementType type, byte[] packed, float[] values)
    {
        // ONNX Runtime has no Identity for them; quantizing and dequantizing by 1 is the same.
        using var unpack = OrtSession.FromBytes(new TinyOnnx(opset: 21, irVersion: 10)
            .Input("input", (int)type, 5L).FloatInitializer("scale", [1f])
            .Node("DequantizeLinear", ["input", "scale"], ["output"]).Output("output", TinyOnnx.Float, 5L).ToBytes());
        using var pack = OrtSession.FromBytes(new TinyOnnx(opset: 21, irVersion: 10)
            .Input("input", TinyOnnx.Float, 5L).FloatInitializer("scale", [1f]).RawInitializer("zero", (int)type, [0])
            .Node("QuantizeLinear", ["input", "scale", "zero"], ["output"]).Output("output", (int)type, 5L).ToBytes());
        using var given = OrtValue.OverBytes(type, packed, [5]);
        using var plain = OrtValue.Create(OrtElementType.Float, [5]);
        using var again = OrtValue.Create(type, [5]);

        unpack.Run([given], [plain]);
        plain.GetSpan<float>().ToArray().ShouldBe(values);
        pack.Run([plain], [again]);
        again.SizeBytes.ShouldBe(3);
        again.GetBytes()[..2].ToArray().ShouldBe(packed[..2]);
        (again.GetBytes()[2] & 0x0F).ShouldBe(packed[2] & 0x0F);
    }

    [Theory]
    [InlineData(OrtElementType.Complex64)]
    [InlineData(OrtElementType.Complex128)]
    public void Complex_tensors_are_described_though_no_operator_of_onnx_runtime_takes_them(OrtElementType type)
    {
        // ONNX Runtime has the type's number but no tensor of it; it says so itself.
        Should.Throw<OrtException>(() => OrtValue.Create(type, [2])).Code.ShouldBe(OrtErrorCode.NotImplemented);
    }

    [Fact]
    public void Strings_pass_through_a_model_in_both_ways()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Identity(TinyOnnx.String, "n"));
        string[] texts = ["", "plain", "Grüße, 世界 🌍", new string('x', 5000)];
        using var given = OrtValue.FromStrings(texts, [4]);
        given.GetStrings().ShouldBe(texts);

        using var result = OrtValue.Create(OrtElementType.String, [4]);
        session.Run([given], [result]);
        result.GetStrings().ShouldBe(texts);

        using var made = session.Run([given])[0];
        made.GetStrings().ShouldBe(texts);
        Should.Throw<InvalidOperationException>(() => { made.GetBytes(); });
    }

    [Fact]
    public void Typed_spans_see_the_elements_of_the_matching_type_only()
    {
        Typed(1.5f);
        Typed(-2.5);
        Typed((Half)0.25f);
        Typed((OrtBFloat16)3.5f);
        Typed<sbyte>(-128);
        Typed<byte>(255);
        Typed<short>(-32768);
        Typed<ushort>(65535);
        Typed(int.MinValue);
        Typed(uint.MaxValue);
        Typed(long.MinValue);
        Typed(ulong.MaxValue);
        Typed(true);
        Should.Throw<ArgumentException>(() => OrtElementTypes.Of<Guid>());

        static void Typed<T>(T sample)
            where T : unmanaged
        {
            using var value = OrtValue.Create<T>([2, 1]);
            value.GetSpan<T>()[0].ShouldBe(default);
            value.GetSpan<T>()[1] = sample;
            MemoryMarshal.Read<T>(value.GetBytes()[^(value.GetBytes().Length / 2)..]).ShouldBe(sample);
            Should.Throw<ArgumentException>(() => { value.GetSpan<char>(); })
                .Message.ShouldContain("no tensor element type");
        }
    }

    [Fact]
    public void A_scalar_has_one_element_and_an_empty_tensor_none()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Identity(TinyOnnx.Float));
        using var scalar = OrtValue.Over(new[] { 42f }.AsMemory(), []);
        scalar.ElementCount.ShouldBe(1);
        using var answer = session.Run([scalar])[0];
        answer.Dimensions.Length.ShouldBe(0);
        answer.GetSpan<float>()[0].ShouldBe(42f);

        using var empties = OrtSession.FromBytes(TinyOnnx.Identity(TinyOnnx.Float, "n"));
        using var empty = OrtValue.Over(Memory<float>.Empty, [0]);
        using var nothing = empties.Run([empty])[0];
        nothing.ElementCount.ShouldBe(0);
        nothing.GetSpan<float>().Length.ShouldBe(0);
    }

    [Fact]
    public void A_tensor_over_managed_memory_is_the_memory_itself()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Identity(TinyOnnx.Float, 1000L));
        var source = new float[1000];
        var target = new float[1000];
        using var given = OrtValue.Over(source.AsMemory(), [1000]);
        using var result = OrtValue.Over(target.AsMemory(), [1000]);
        for (var round = 1; round <= 3; round++)
        {
            Array.Fill(source, round);
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            session.Run([given], [result]);
            target.ShouldAllBe(x => x == round);
        }
    }

    [Fact]
    public unsafe void A_tensor_over_native_memory_lets_go_of_it_when_disposed()
    {
        var owner = new Owner();
        using (var value = OrtValue.OverNative(OrtElementType.Float, owner.Address, 16, [4], owner))
        {
            value.GetSpan<float>()[3] = 9;
            ((float*)owner.Address)[3].ShouldBe(9);
            owner.Disposed.ShouldBeFalse();
        }

        owner.Disposed.ShouldBeTrue();
    }

    [Fact]
    public void Memory_that_is_too_short_for_the_shape_is_refused()
    {
        Should.Throw<ArgumentException>(() => OrtValue.Over(new float[5].AsMemory(), [2, 3])).Message.ShouldContain("needs 24 bytes; the memory has 20");
        Should.Throw<ArgumentException>(() => OrtValue.Over(new float[5].AsMemory(), [-1]));
        Should.Throw<ArgumentException>(() => OrtValue.Over(new float[5].AsMemory(), [1L << 40, 1L << 40]));
        Should.Throw<ArgumentException>(() => OrtValue.Create(OrtElementType.Float, [1L << 62]));
        Should.Throw<ArgumentException>(() => OrtValue.Create(OrtElementType.Undefined, [1]));
        Should.Throw<ArgumentException>(() => OrtValue.OverBytes(OrtElementType.String, new byte[100], [1]));
        Should.Throw<ArgumentException>(() => OrtValue.FromStrings(["a"], [2]));
        Should.Throw<ArgumentException>(() => OrtValue.FromStrings(["a\0b"], [1]));
    }

    [Theory]
    [InlineData(1f, 0x3F80)]
    [InlineData(-2f, 0xC000)]
    [InlineData(1.00390625f, 0x3F80)] // a tie goes to the even one below
    [InlineData(1.01171875f, 0x3F82)] // a tie goes to the even one above
    [InlineData(float.PositiveInfinity, 0x7F80)]
    [InlineData(float.MaxValue, 0x7F80)]
    public void Bfloat16_rounds_half_to_even(float value, int bits) => OrtBFloat16.FromSingle(value).Bits.ShouldBe((ushort)bits);

    [Fact]
    public void Bfloat16_keeps_nan() => OrtBFloat16.FromSingle(float.NaN).ToSingle().ShouldBe(float.NaN);

    private sealed unsafe class Owner : IDisposable
    {
        public nint Address { get; } = (nint)NativeMemory.AllocZeroed(16);

        public bool Disposed { get; private set; }

        public void Dispose()
        {
            Disposed = true;
            NativeMemory.Free((void*)Address);
        }
    }
}
