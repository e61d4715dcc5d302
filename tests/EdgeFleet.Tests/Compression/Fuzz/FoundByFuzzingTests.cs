using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Defects that mutated inputs showed, each in its smallest form.</summary>
public sealed class FoundByFuzzingTests
{
    [Fact]
    public void A_name_that_goes_is_reported_also_where_no_value_has_an_inner_name()
    {
        var graph = TestModels.Graph(TestModels.Model([TestModels.Node("Relu", ["x"], "y")], [], [1, 4]));

        new ShortenNames().Apply(graph).ShouldBe(1);
        new ShortenNames().Apply(graph).ShouldBe(0);
    }

    [Fact]
    public void A_picture_whose_header_claims_more_than_its_data_can_hold_takes_no_memory_for_it()
    {
        var file = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgACAAUAAAIEEAYAAAAAAAAAAAAAA3RFWHRhAGIAAAAAAAAABUlEQVR4nGNmYAAAAAAAAAAhSURBVGBgBGMICQJY+SwMjAz/wRhCghRg5xNrIkKAgIkAhyMSHwAAAAAAAAAASUVORAAAAAA=");
        var before = GC.GetAllocatedBytesForCurrentThread();
        Should.Throw<CalibrationDataException>(() => EdgeFleet.Compression.Calibration.Images.PngDecoder.Decode(file, "x.png")).Message.ShouldContain("cannot hold");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
    }

    [Fact]
    public void Numbers_packed_into_a_tensor_that_end_within_one_are_refused()
    {
        var tensor = new OnnxTensor { Name = "t", ElementType = OnnxElementType.Int32, Dimensions = [1] };
        tensor.TypedData.Add((5, new byte[] { 1, 0x80 }));
        var model = TestModels.Model([TestModels.Node("Add", ["x", "t"], "y")], [tensor], [1, 4]).ToArray();

        Should.Throw<OnnxFormatException>(() => OnnxModel.Read(model)).Message.ShouldContain("end within one");
    }

    [Fact]
    public void A_constant_whose_output_is_left_out_stays_a_node()
    {
        var graph = TestModels.Graph(TestModels.Model([TestModels.Node("Constant", [], "", OnnxAttribute.Of("value_float", 1f)), TestModels.Node("Relu", ["x"], "y")], [], [1, 4]));

        new ConstantsToInitializers().Apply(graph).ShouldBe(0);
    }

    [Theory]
    [InlineData(3e38f, 2f)]
    [InlineData(1f, float.PositiveInfinity)]
    public void A_factor_that_makes_weights_infinite_is_not_folded_into_them(float weight, float alpha)
    {
        var graph = TestModels.Graph(TestModels.Model(
            [TestModels.Node("Gemm", ["x", "w"], "y", OnnxAttribute.Of("alpha", alpha))], [OnnxTensor.Of<float>("w", OnnxElementType.Float, [1, 2], [weight, -weight])], [1, 1]));

        new FoldGemmScalars().Apply(graph).ShouldBe(0);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 8, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 8, 4, 0, 0, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0 })]
    public void Dimensions_beyond_memory_are_refused_although_a_zero_among_them_makes_the_file_empty(byte[] file) =>
        Should.Throw<CalibrationDataException>(() => SampleFile.ReadSamples(file, "images", new SampleScaling())).Subject.ShouldBe("images");

    [Fact]
    public void A_layer_that_claims_channels_without_weights_gets_no_bias_of_that_many()
    {
        var graph = new ModelGraph(TestModels.Model(
            [TestModels.Node("Conv", ["x", "w"], "c"), TestModels.Node("BatchNormalization", ["c", "s", "s", "s", "s"], "y")],
            [OnnxTensor.Of<float>("w", OnnxElementType.Float, [1L << 40, 0, 1, 1], []), OnnxTensor.Of<float>("s", OnnxElementType.Float, [0], [])],
            [1, 0, 4, 4]));

        new FoldBatchNormalization().Apply(graph).ShouldBe(0);
    }

    [Fact]
    public void A_function_defines_only_nodes_of_its_overload()
    {
        var node = TestModels.Node("Double", ["x"], "y");
        node.Domain = "own";
        var model = TestModels.Model([node], [], [1, 4]);
        model.SetOpset("own", 1);
        model.Functions.Add(new OnnxFunction { Name = "Double", Domain = "own", Overload = "other" });

        GraphVerifier.Problems(model).First().Subject.ShouldBe("Double node 'Double-y'");
    }

    [Theory]
    [InlineData(new[] { float.NaN }, false)]
    [InlineData(new[] { 1, float.PositiveInfinity }, false)]
    [InlineData(new[] { float.PositiveInfinity }, true)]
    public void Numbers_in_attributes_of_constants_are_as_finite_as_those_in_tensors(float[] values, bool acceptable)
    {
        var constant = TestModels.Node("Constant", [], "c", new OnnxAttribute { Name = "value_floats", Type = OnnxAttributeType.Floats, Floats = [.. values] });
        var model = TestModels.Model([constant, TestModels.Node("Add", ["x", "c"], "y")], [], [1, 2]);

        GraphVerifier.Problems(model).Select(p => p.Kind).ShouldBe(acceptable ? [] : ["non-finite"]);
    }

    [Fact]
    public void A_call_that_wants_more_outputs_than_the_function_has_is_refused() =>
        GraphVerifier.Problems(Calling(function => function.Outputs.Clear())).First().Kind.ShouldBe("arity");

    [Fact]
    public void A_function_whose_operators_belong_to_no_opset_is_refused()
    {
        var model = Calling(function => function.Opsets.Clear());
        model.Opsets.RemoveAll(o => o.Domain?.Length == 0);

        GraphVerifier.Problems(model).Select(p => (p.Kind, p.Subject)).ShouldBe([("opset", "Same")]);
    }

    [Fact]
    public void A_number_given_to_a_function_is_as_finite_as_the_constant_that_it_becomes()
    {
        var model = Calling(_ => { });
        model.Graph.Nodes[0].Attributes.Add(OnnxAttribute.Of("by", float.NaN));

        GraphVerifier.Problems(model).Select(p => p.Kind).ShouldBe(["non-finite"]);
    }

    [Fact]
    public void Shapes_are_checked_however_the_nodes_are_ordered()
    {
        var model = TestModels.Model([TestModels.Node("MatMul", ["r", "w"], "y"), TestModels.Node("Relu", ["x"], "r")], [TestModels.Random("w", 3, 2)], [1, 4]);

        GraphVerifier.Problems(model).Select(p => (p.Kind, p.Subject)).ShouldBe([("shape", "MatMul node 'MatMul-y'")]);
    }

    /// <summary>A model of one call to a function of its own.</summary>
    private static OnnxModel Calling(Action<OnnxFunction> change)
    {
        var node = TestModels.Node("Same", ["x"], "y");
        node.Domain = "own";
        var model = TestModels.Model([node], [], [1, 4]);
        model.SetOpset("own", 1);
        var function = new OnnxFunction { Name = "Same", Domain = "own" };
        function.Inputs.Add("a");
        function.Outputs.Add("b");
        function.Nodes.Add(TestModels.Node("Relu", ["a"], "b"));
        function.Opsets.Add(new OnnxOpset { Domain = "", Version = 13 });
        change(function);
        model.Functions.Add(function);
        return model;
    }
}
