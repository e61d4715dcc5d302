using System.Runtime.InteropServices;
using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Calibration;

public sealed class SampleFeedTests
{
    private static readonly ModelTensorInfo s_image = new("x", OnnxElementType.Float, [-1, 3, -1, -1]);

    [Fact]
    public void Samples_of_differing_height_and_width_go_one_by_one_each_in_its_own_shape()
    {
        var feed = SampleFeed.Create([s_image], [Ragged([3, 2, 4], [3, 5, 1], [3, 2, 4])], 100);
        feed.Batches().ShouldBe([(0, 1), (1, 1), (2, 1)]);
        feed.Batch(0, 1)[0].Dimensions.ShouldBe([1, 3, 2, 4]);
        feed.Batch(1, 1)[0].Dimensions.ShouldBe([1, 3, 5, 1]);
        feed.Batch(1, 1)[0].Floats[0].ShouldBe(24);
        feed.Batch(2, 1)[0].Floats[0].ShouldBe(24 + 15);
    }

    [Fact]
    public void The_largest_sample_is_the_one_that_needs_most_memory()
    {
        SampleFeed.Create([s_image], [Ragged([3, 2, 4], [3, 9, 1], [3, 2, 4])], 100).Largest().ShouldBe((1, 1));
        SampleFeed.Create([s_image], [Ragged([3, 2, 4], [3, 2, 4])], 100).Largest().ShouldBe((0, 1));
    }

    [Fact]
    public void A_sample_whose_channels_do_not_fit_is_refused_among_good_ones()
    {
        var error = Should.Throw<CalibrationDataException>(() => SampleFeed.Create([s_image], [Ragged([3, 2, 4], [4, 5, 1])], 100));
        error.Message.ShouldContain("[4, 5, 1]");
        error.Message.ShouldContain("[3, -1, -1]");
    }

    [Fact]
    public void A_model_with_free_height_and_width_is_calibrated_on_images_of_differing_sizes_by_every_method()
    {
        var model = TestModels.Model(
            [TestModels.Node("Conv", ["x", "w"], "c"), TestModels.Node("Relu", ["c"], "r"), TestModels.Node("GlobalAveragePool", ["r"], "y")],
            [TestModels.Random("w", 4, 3, 3, 3)],
            [null, 3, null, null]);
        var samples = Ragged([3, 8, 12], [3, 16, 5], [3, 9, 9], [3, 3, 30]);
        foreach (var method in Enum.GetValues<CalibrationMethod>())
        {
            var result = TestModels.Produce(new CompressionRequest(model.ToArray(), new CompressionRecipe(CompressionKind.Int8Reduced) { Calibration = method })
            {
                Samples = new() { Calibration = [samples] }, LatencyRuns = 0,
            });
            result.Quality.Samples.ShouldBe(4);
            result.Quality.Cosine.ShouldBeGreaterThan(0.99);
        }
    }

    [Fact]
    public void A_scalar_input_takes_one_value_for_all_runs_or_one_per_sample()
    {
        ModelTensorInfo[] inputs = [new("x", OnnxElementType.Float, [-1, 2]), new("rate", OnnxElementType.Int64, [])];
        var x = new SampleSet("x", OnnxElementType.Float, [2], 3, Bytes<float>([1, 2, 3, 4, 5, 6]), new SampleScaling()) { InputName = "x" };
        var one = SampleFeed.Create(inputs, [x, new("rate", OnnxElementType.Int64, [], 1, Bytes<long>([16000]), new SampleScaling()) { InputName = "rate" }], 100);
        one.Batches().ShouldBe([(0, 3)]);
        one.Batch(0, 3)[1].Dimensions.ShouldBeEmpty();
        MemoryMarshal.Read<long>(one.Batch(0, 3)[1].Data.Span).ShouldBe(16000);
        var each = SampleFeed.Create(inputs, [x, new("rate", OnnxElementType.Int64, [], 3, Bytes<long>([1, 2, 3]), new SampleScaling()) { InputName = "rate" }], 100);
        each.Batches().ShouldBe([(0, 1), (1, 1), (2, 1)]);
        MemoryMarshal.Read<long>(each.Batch(2, 1)[1].Data.Span).ShouldBe(3);
    }

    [Fact]
    public void Several_inputs_are_matched_by_name_or_without_names_by_place()
    {
        ModelTensorInfo[] inputs = [new("a", OnnxElementType.Float, [-1, 1]), new("b", OnnxElementType.Float, [-1, 1])];
        var first = new SampleSet("first", OnnxElementType.Float, [1], 1, Bytes<float>([1]), new SampleScaling());
        var second = new SampleSet("second", OnnxElementType.Float, [1], 1, Bytes<float>([2]), new SampleScaling());
        SampleFeed.Create(inputs, [first, second], 100).Batch(0, 1)[1].Floats[0].ShouldBe(2);
        SampleFeed.Create(inputs, [first.For("b"), second.For("a")], 100).Batch(0, 1)[1].Floats[0].ShouldBe(1);
        Should.Throw<CalibrationDataException>(() => SampleFeed.Create(inputs, [first.For("c"), second], 100)).Message.ShouldContain("'c'");
        Should.Throw<CalibrationDataException>(() => SampleFeed.Create(inputs, [first.For("a")], 100)).Message.ShouldContain("'b'");
    }

    [Fact]
    public void Whole_inputs_keep_their_first_dimension()
    {
        ModelTensorInfo[] inputs = [new("x", OnnxElementType.Float, [1, 4]), new("state", OnnxElementType.Float, [2, -1, 3])];
        var x = new SampleSet("x", OnnxElementType.Float, [4], 2, Bytes(new float[8]), new SampleScaling()) { InputName = "x" };
        var state = new SampleSet("state", OnnxElementType.Float, [2, 1, 3], 2, Bytes(new float[12]), new SampleScaling()) { InputName = "state" };
        var feed = SampleFeed.Create(inputs, [x, state], 100);
        feed.BatchSize.ShouldBe(1);
        feed.Batch(1, 1).Select(t => string.Join(',', t.Dimensions)).ShouldBe(["1,4", "2,1,3"]);
    }

    [Fact]
    public void Made_up_samples_run_models_with_scalars_and_first_dimensions_that_differ()
    {
        ModelTensorInfo[] inputs = [new("x", OnnxElementType.Float, [1, 4]), new("state", OnnxElementType.Float, [2, -1, 3]), new("rate", OnnxElementType.Int64, [])];
        var feed = SampleFeed.Create(inputs, [], 100);
        feed.Count.ShouldBe(32);
        feed.Batch(31, 1).Select(t => string.Join(',', t.Dimensions)).ShouldBe(["1,4", "2,8,3", ""]);
    }

    [Fact]
    public void Samples_that_differ_cannot_fill_a_batch_of_two() =>
        Should.Throw<CalibrationDataException>(() => SampleFeed.Create([new("x", OnnxElementType.Float, [2, -1])], [Ragged([3], [4])], 100))
            .Message.ShouldContain("differ in their dimensions");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_channel_has_its_own_mean_and_deviation(bool last)
    {
        var scaling = new SampleScaling(10) { ChannelMeans = [1, 2], ChannelStdDevs = [0.5f, 4], ChannelsLast = last };
        var samples = new SampleSet("pixels", OnnxElementType.UInt8, last ? [2, 2] : [2, 1, 2], 2, new byte[] { 10, 20, 30, 40, 50, 60, 70, 80 }, scaling);
        var values = new float[4];
        samples.CopyTo(1, 1, values);
        values.ShouldBe(last ? [(5f - 1) / 0.5f, (6f - 2) / 4, (7f - 1) / 0.5f, (8f - 2) / 4] : [(5f - 1) / 0.5f, (6f - 1) / 0.5f, (7f - 2) / 4, (8f - 2) / 4]);
    }

    [Fact]
    public void Means_for_three_channels_do_not_fit_samples_of_one()
    {
        var scaling = new SampleScaling { ChannelMeans = [0, 0, 0], ChannelStdDevs = [1, 1, 1] };
        Should.Throw<CalibrationDataException>(() => SampleFeed.Create(
            [new("x", OnnxElementType.Float, [-1, 1, 2, 2])], [new("gray", OnnxElementType.UInt8, [1, 2, 2], 1, new byte[4], scaling)], 1)).Message.ShouldContain("3 channels");
    }

    /// <summary>Float samples 0, 1, 2, … of the given shapes.</summary>
    private static SampleSet Ragged(params long[][] shapes)
    {
        float[] values = [.. Enumerable.Range(0, (int)shapes.Sum(SampleExtents.Elements)).Select(i => (float)i)];
        return new("made here", OnnxElementType.Float, SampleExtents.Of(shapes), SampleStore.Of(Bytes(values)), new SampleScaling());
    }

    private static byte[] Bytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
