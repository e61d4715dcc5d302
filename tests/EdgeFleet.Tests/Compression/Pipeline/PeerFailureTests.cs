using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Pipeline;

/// <summary>
/// Ways in which ONNX Runtime's own quantizer fails on models that people have, one by one (see docs/compression.md). Those that have
/// a place of their own: weights in subgraphs (InEveryGraphTests), inputs of differing widths (SampleFeedTests), saturation (SaturationTests), time that
/// grows with the square of the nodes (LinearityTests).
/// </summary>
public sealed class PeerFailureTests
{
    [Theory]
    [InlineData(CompressionKind.Int8Dynamic)]
    [InlineData(CompressionKind.Int8Reduced)]
    [InlineData(CompressionKind.Weights4)]
    public void Weights_in_constant_nodes_are_quantized_like_any(CompressionKind kind)
    {
        var model = OnnxModel.Read(TestModels.Bytes("lenet-mnist"));
        foreach (var tensor in model.Graph.Initializers)
        {
            model.Graph.Nodes.Insert(0, new OnnxNode { OpType = "Constant", Name = $"constant/{tensor.Name}", Outputs = [tensor.Name!], Attributes = [OnnxAttribute.Of("value", tensor)] });
        }

        model.Graph.Initializers.Clear();
        Produce(model.ToArray(), "lenet-mnist", kind).Model.Length.ShouldBeLessThan((int)(0.3 * model.ToArray().Length));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(11)]
    public void Scales_per_channel_below_opset_13_give_a_file_that_loads_and_is_right(int opset)
    {
        var model = OnnxModel.Read(TestModels.Bytes("lenet-mnist"));
        model.SetOpset("", opset);
        foreach (var node in model.Graph.Nodes.Where(n => n.OpType == "MaxPool"))
        {
            // Of opset 10; at its default here.
            node.RemoveAttribute("ceil_mode");
        }

        var result = Produce(model.ToArray(), "lenet-mnist", CompressionKind.Int8Reduced);
        OnnxModel.Read(result.Model).OpsetOf("").ShouldBe(13);
        OnnxModel.Read(result.Model).Graph.Nodes.ShouldContain(n => n.OpType == "DequantizeLinear" && n.Attribute("axis") != null);
    }

    [Fact]
    public void A_model_of_free_height_and_width_is_prepared_and_quantized()
    {
        var model = OnnxModel.Read(TestModels.Bytes("resnet8-fashion-bn"));
        model.Graph.Inputs[0] = OnnxValueInfo.Tensor("input", OnnxElementType.Float, [null, 1, null, null]);
        var result = Produce(model.ToArray(), "resnet8-fashion-bn", CompressionKind.Int8Reduced);
        result.Model.Length.ShouldBeLessThan((int)(0.3 * model.ToArray().Length));
        OnnxModel.Read(result.Model).Graph.Nodes.ShouldNotContain(n => n.OpType == "BatchNormalization");
    }

    [Fact]
    public void Entropy_and_percentile_are_not_min_max_by_another_name()
    {
        var request = TestModels.Request("resnet8-fashion-bn", CompressionKind.Int8Reduced, 64);
        var ranges = Enum.GetValues<CalibrationMethod>().Select(m => TestModels.Produce(request with { Recipe = request.Recipe with { Calibration = m } }).Calibrated!)
            .ToDictionary(c => c.Method, c => c.Values.Sum(v => v.High - v.Low));
        ranges[CalibrationMethod.Entropy].ShouldBeLessThan(ranges[CalibrationMethod.MinMax]);
        ranges[CalibrationMethod.Percentile].ShouldBeLessThan(ranges[CalibrationMethod.MinMax]);
        ranges[CalibrationMethod.Mse].ShouldBeLessThan(ranges[CalibrationMethod.MinMax]);
    }

    [Fact]
    public void A_form_that_collapses_is_refused_with_the_layer_that_loses_most()
    {
        // One scale for a depthwise layer's weights in 7 bits: the peer hands out a model that is right in 57 of 100 cases.
        var request = TestModels.Request("mobilenetv2-fashion-bn", CompressionKind.Int8Reduced, 128);
        var result = TestModels.Produce(request with { Recipe = request.Recipe with { PerTensorWeights = true } });
        result.RefusedBecause.ShouldNotBeNull().ShouldContain("below the floor");
        result.RefusedBecause.ShouldContain("The layer that loses most is Conv");
        result.Layers.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_variant_that_is_slower_than_allowed_is_refused_with_both_times()
    {
        var result = TestModels.Produce(TestModels.Request("lenet-mnist", CompressionKind.Int8Reduced, 32) with { LatencyRuns = 10, MostLatencyRatio = 1e-6 });
        result.Refusal.ShouldNotBeNull().Kind.ShouldBe(RefusalKind.Slower);
    }

    [Theory]
    [InlineData("lenet-mnist")]
    [InlineData("lstm-fashion")]
    [InlineData("vit-fashion")]
    public void Four_bits_reach_every_layer_with_weights(string model) =>
        Produce(TestModels.Bytes(model), model, CompressionKind.Weights4).Model.Length.ShouldBeLessThan((int)(0.17 * TestModels.Bytes(model).Length));

    private static CompressionResult Produce(byte[] model, string samples, CompressionKind kind)
    {
        var result = TestModels.Produce(new CompressionRequest(model, kind)
        {
            Samples = new() { Calibration = [TestModels.Samples(samples)], Labels = TestModels.Labels(samples), Most = 64 },
            LatencyRuns = 0,
        });
        result.RefusedBecause.ShouldBeNull();
        return result;
    }
}
