using System.Runtime.InteropServices;
using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Calibration;

public sealed class StateRecorderTests
{
    [Fact]
    public void Each_step_gets_the_state_that_the_step_before_left()
    {
        var states = States([], 0);
        states.ShouldBe([0f, 1, 3, 6, 10, 15]);
    }

    [Fact]
    public void A_sequence_begins_with_the_first_state_again() => States([], 2).ShouldBe([0f, 1, 0, 3, 0, 5]);

    [Fact]
    public void The_first_state_can_be_given() =>
        States([new("start", OnnxElementType.Float, [1, 1], 1, Bytes(100), new SampleScaling()) { InputName = "h" }], 3, [new("h_next", "h")])
            .ShouldBe([100f, 101, 103, 100, 104, 109]);

    [Fact]
    public void Feedback_may_be_named_where_names_say_nothing() => States([], 0, [new("h_next", "h")]).ShouldBe([0f, 1, 3, 6, 10, 15]);

    [Theory]
    [InlineData("nowhere", "h")]
    [InlineData("h_next", "nowhere")]
    [InlineData("wide", "h")]
    public void Feedback_that_does_not_fit_is_refused_with_what_there_is(string output, string input)
    {
        var error = Should.Throw<CalibrationDataException>(() => States([], 0, [new(output, input)]));
        error.Message.ShouldContain($"{output}={input}");
    }

    [Theory]
    [InlineData("h", "h_next", true)]
    [InlineData("state_in", "state_out", true)]
    [InlineData("h0", "hn", true)]
    [InlineData("past.key", "present.key", true)]
    [InlineData("prev_hidden", "new_hidden", true)]
    [InlineData("input", "output", true)]
    [InlineData("key", "value", false)]
    [InlineData("h", "c_next", false)]
    public void Names_that_differ_only_in_before_and_after_are_one_state(string input, string output, bool same) =>
        (StateRecorder.Stem(input) == StateRecorder.Stem(output)).ShouldBe(same);

    [Fact]
    public void A_stateful_model_is_compressed_and_its_state_has_a_range()
    {
        var model = Accumulator(matMul: true);
        var result = TestModels.Produce(new CompressionRequest(model, CompressionKind.Int8Reduced)
        {
            Samples = new() { Calibration = [Steps(40)], SequenceLength = 10 }, LatencyRuns = 0, GoldenCases = 3,
        });
        result.Quality.Samples.ShouldBe(40);
        result.Quality.Cosine.ShouldBeGreaterThan(0.98);
        result.Golden.Cases[2].Inputs.Select(i => i.Name).ShouldBe(["x", "h"]);
        result.Golden.Cases[2].Inputs[1].Floats[0].ShouldNotBe(0);
    }

    [Fact]
    public void Without_samples_for_an_input_that_is_no_state_nothing_is_made_up()
    {
        using var session = TestModels.Runner.Load(Accumulator(), new ModelSessionOptions());
        var samples = StateRecorder.Record(session, [Steps(3).For("h")], [], 0, 100, CancellationToken.None);
        Should.Throw<CalibrationDataException>(() => SampleFeed.Create(session.Inputs, samples, 100)).Message.ShouldContain("'x'");
    }

    [Theory]
    [InlineData("a=b", true)]
    [InlineData(" a = b ", true)]
    [InlineData("a", false)]
    [InlineData("a=", false)]
    [InlineData("a=b=c", false)]
    public void Feedback_is_read_from_output_and_input(string text, bool good) =>
        StateFeedback.Parse(text).ShouldBe(good ? new StateFeedback("a", "b") : null);

    private static float[] States(SampleSet[] more, int sequence, StateFeedback[]? feedback = null)
    {
        using var session = TestModels.Runner.Load(Accumulator(), new ModelSessionOptions());
        var samples = StateRecorder.Record(session, [Steps(6), .. more], feedback ?? [], sequence, 100, CancellationToken.None);
        var feed = SampleFeed.Create(session.Inputs, samples, 100);
        return [.. Enumerable.Range(0, 6).Select(i => feed.Batch(i, 1)[1].Floats[0])];
    }

    /// <summary>Samples 1, 2, 3, …</summary>
    private static SampleSet Steps(int count) =>
        new("steps", OnnxElementType.Float, [1], count, Bytes([.. Enumerable.Range(1, count).Select(i => (float)i)]), new SampleScaling()) { InputName = "x" };

    /// <summary>x, h -> y = h_next = x + h; or, with a product between, h_next = (x + h) * w.</summary>
    private static byte[] Accumulator(bool matMul = false)
    {
        var model = TestModels.Model(
            matMul
                ? [TestModels.Node("Add", ["x", "h"], "s"), TestModels.Node("MatMul", ["s", "w"], "h_next"), TestModels.Node("Identity", ["h_next"], "y")]
                : [TestModels.Node("Add", ["x", "h"], "h_next"), TestModels.Node("Identity", ["h_next"], "y"), TestModels.Node("Concat", ["x", "h", "x"], "wide", OnnxAttribute.Of("axis", 1))],
            [OnnxTensor.Of<float>("w", OnnxElementType.Float, [1, 1], [0.5f])],
            [null, 1]);
        model.Graph.Inputs.Add(OnnxValueInfo.Tensor("h", OnnxElementType.Float, [null, 1]));
        model.Graph.Outputs.Add(OnnxValueInfo.Tensor("h_next", OnnxElementType.Float, [null, 1]));
        if (!matMul)
        {
            model.Graph.Outputs.Add(OnnxValueInfo.Tensor("wide", OnnxElementType.Float, [null, 3]));
        }

        return model.ToArray();
    }

    private static byte[] Bytes(params float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
