using EdgeFleet.Agent.Inference;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Agent.Inference;

public sealed class OrtVariantLoaderTests : IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public void A_sample_is_scaled_and_its_highest_score_is_the_answer()
    {
        // Scores: the first value, the second, and their sum less 1.
        using var variant = Load(TinyOnnx.Linear(2, 3, [1, 0, 1, 0, 1, 1]), new InputScaling(Divisor: 100, Mean: 1, StdDev: 2));
        var result = variant.Run([100, 250]);
        result.Scores.ShouldBe([0f, 0.75f, 0.75f]);
        result.Top1.ShouldBe(1, "the first of equals");
        variant.Run([200, 100]).Top1.ShouldBe(0);
    }

    [Fact]
    public async Task Many_threads_get_their_own_answers()
    {
        using var variant = Load(TinyOnnx.Linear(2, 2, [1, 0, 0, 1]), new InputScaling(Divisor: 1));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 500; i++)
            {
                variant.Run([(byte)worker, (byte)i]).Scores.ShouldBe([worker, (byte)i]);
            }
        })));
    }

    [Fact]
    public void A_sample_of_another_length_is_refused_with_both_lengths()
    {
        using var variant = Load(TinyOnnx.Linear(2, 2, [1, 0, 0, 1]));
        Should.Throw<VariantException>(() => variant.Run([1, 2, 3])).Message.ShouldContain("3 values; the model takes 2");
        variant.Run([1, 2]).Top1.ShouldBe(1);
    }

    [Fact]
    public void A_nan_is_no_answer()
    {
        using var variant = Load(TinyOnnx.Linear(1, 2, [float.NaN, 1]));
        Should.Throw<VariantException>(() => variant.Run([1])).Message.ShouldContain("NaN");
    }

    [Fact]
    public void An_output_of_unknown_width_is_taken_as_it_comes()
    {
        using var variant = Load(new TinyOnnx().Input("x", TinyOnnx.Float, "batch", 3L).Node("Neg", ["x"], ["y"]).Output("y", TinyOnnx.Float, "batch", "classes").ToBytes());
        variant.Run([9, 5, 255]).Top1.ShouldBe(1);
    }

    [Fact]
    public void What_does_not_take_one_float_tensor_of_fixed_sample_size_is_refused()
    {
        Refused(TinyOnnx.Identity(TinyOnnx.Int64, 1L, 4L)).ShouldContain("one float tensor");
        Refused(TinyOnnx.Identity(TinyOnnx.Float, "batch", "width")).ShouldContain("fixed size");
        Refused(TinyOnnx.Identity(TinyOnnx.Float, 4L, 2L)).ShouldContain("batch");
        Refused(TinyOnnx.Identity(TinyOnnx.Float)).ShouldContain("batch");
        Refused(new TinyOnnx().Input("a", TinyOnnx.Float, 1L, 2L).Input("b", TinyOnnx.Float, 1L, 2L).Node("Add", ["a", "b"], ["c"])
            .Output("c", TinyOnnx.Float, 1L, 2L).ToBytes()).ShouldContain("it takes a: Float[1,2], b: Float[1,2]");
        Refused("no model"u8.ToArray()).ShouldContain("variant.onnx can't be loaded");
        Refused([]).ShouldContain("variant.onnx can't be loaded");
        Should.Throw<VariantException>(() => new OrtVariantLoader().Load(folder.File("missing.onnx"), new InputScaling())).Message.ShouldContain("missing.onnx");
        Should.Throw<VariantException>(() => Load(TinyOnnx.Linear(1, 1, [1]), new InputScaling(StdDev: 0))).Message.ShouldContain("finite");
    }

    [Fact]
    public void Tensors_run_unscaled_and_all_outputs_come_back()
    {
        using var variant = Load(new TinyOnnx().Input("x", TinyOnnx.Float, "batch", 2L).Node("Neg", ["x"], ["n"]).Node("Abs", ["x"], ["a"])
            .Output("n", TinyOnnx.Float, "batch", 2L).Output("a", TinyOnnx.Float, "batch", 2L).ToBytes());
        var outputs = variant.RunTensors([Golden.Tensor("x", [2, 2], 1, -2, 3, -4)]);
        outputs.Select(output => output.Name).ShouldBe(["n", "a"]);
        outputs[1].Data.ShouldBe(Golden.Tensor("a", [2, 2], 1, 2, 3, 4).Data);
        Should.Throw<VariantException>(() => variant.RunTensors([Golden.Tensor("x", [2, 3], 1, 2, 3, 4, 5, 6)]));
        Should.Throw<VariantException>(() => variant.RunTensors([Golden.Tensor("x", [2, 2], 1, 2)])).Message.ShouldContain("8 bytes");
        Should.Throw<VariantException>(() => variant.RunTensors([Golden.Tensor("z", [1, 2], 1, 2)]));
        Should.Throw<VariantException>(() => variant.RunTensors([]));
    }

    public void Dispose() => folder.Dispose();

    private string Refused(byte[] model) => Should.Throw<VariantException>(() => Load(model)).Message;

    private IServedVariant Load(byte[] model, InputScaling? scaling = null)
    {
        var path = folder.File("variant.onnx");
        File.WriteAllBytes(path, model);
        return new OrtVariantLoader().Load(path, scaling ?? new InputScaling());
    }
}
