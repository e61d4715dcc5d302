using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Tests.Compression.Onnx;

public sealed class OnnxCodecTests
{
    public static TheoryData<string> Models => [.. TestModels.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void An_untouched_model_comes_out_byte_for_byte(string name)
    {
        var bytes = TestModels.Bytes(name);
        OnnxModel.Read(bytes).ToArray().ShouldBe(bytes);
    }

    [Fact]
    public void Unknown_fields_are_kept_at_every_level()
    {
        var model = TestModels.Model([TestModels.Node("Relu", ["x"], "y")], [], [1, 4]);
        var unknown = new UnknownField(99, new byte[] { 0x9A, 0x06, 0x02, 0x68, 0x69 });
        model.Keep(unknown);
        model.Graph.Keep(unknown);
        model.Graph.Nodes[0].Keep(unknown);
        var read = OnnxModel.Read(model.ToArray());
        foreach (var message in new OnnxMessage[] { read, read.Graph, read.Graph.Nodes[0] })
        {
            message.Unknown.ShouldHaveSingleItem().Bytes.ToArray().ShouldBe(unknown.Bytes.ToArray());
        }
    }

    [Theory]
    [InlineData(OnnxElementType.Int8, 5, new byte[] { 0xFF, 0x01, 0x02 }, new byte[] { 0xFF, 0x02 })]
    [InlineData(OnnxElementType.Int64, 7, new byte[] { 0x96, 0x01, 0x01 }, new byte[] { 150, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(OnnxElementType.Float16, 5, new byte[] { 0x80, 0x78, 0x00 }, new byte[] { 0x00, 0x3C, 0x00, 0x00 })]
    public void Typed_fields_read_like_raw_data(OnnxElementType type, int field, byte[] packed, byte[] raw)
    {
        var tensor = new OnnxTensor { Name = "t", ElementType = type, Dimensions = [2] };
        tensor.TypedData.Add((field, packed));
        TensorContent.Bytes(tensor).ToArray().ShouldBe(raw);
    }

    [Fact]
    public void A_tensor_that_claims_2_to_the_40_elements_is_refused_without_allocating()
    {
        var model = TestModels.Model([TestModels.Node("Add", ["x", "huge"], "y")], [OnnxTensor.OfRaw("huge", OnnxElementType.Float, [1L << 40], new byte[16])], [1, 4]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var problem = ModelInspector.Inspect(model.ToArray()).Problems.ShouldHaveSingleItem();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
        problem.Subject.ShouldBe("huge");
        problem.Message.ShouldContain("1099511627776");
    }

    [Fact]
    public void Messages_nested_beyond_64_levels_are_refused()
    {
        var graph = new OnnxGraph { Name = "innermost" };
        for (var i = 0; i < 40; i++)
        {
            var outer = new OnnxGraph { Name = "outer" };
            outer.Nodes.Add(TestModels.Node("If", [], "y", OnnxAttribute.Of("then_branch", graph)));
            graph = outer;
        }

        var model = new OnnxModel { Graph = graph };
        model.SetOpset("", 13);
        Should.Throw<OnnxFormatException>(() => OnnxModel.Read(model.ToArray())).Message.ShouldContain("64");
    }

    [Fact]
    public void Thousands_of_damaged_files_are_refused_or_read_but_never_crash_or_swell()
    {
        var whole = TestModels.Bytes("mobilenetv2-fashion-bn");
        var random = new Random(7);
        for (var round = 0; round < 3000; round++)
        {
            var damaged = round % 3 == 0
                ? whole.AsSpan(0, random.Next(1, 40_000)).ToArray()
                : whole.AsSpan(0, Math.Min(whole.Length, 60_000)).ToArray();
            for (var i = random.Next(0, 12); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            Read(damaged);
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(64 << 20);
        }

        static void Read(byte[] file) => ModelInspector.Inspect(file).ShouldNotBeNull();
    }

    [Fact]
    public void Damage_in_small_whole_models_never_crashes_the_inspection()
    {
        var whole = TestModels.Model(
            [TestModels.Node("Conv", ["x", "w"], "c"), TestModels.Node("Relu", ["c"], "y")], [TestModels.Random("w", 2, 1, 3, 3)], [1, 1, 8, 8]).ToArray();
        var random = new Random(11);
        for (var round = 0; round < 10_000; round++)
        {
            var damaged = whole.ToArray();
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            ModelInspector.Inspect(damaged).ShouldNotBeNull();
        }
    }
}
