using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Tests.Compression.Recovery;

public sealed class LayerErrorsTests
{
    [Fact]
    public void The_model_itself_loses_nothing_in_any_layer()
    {
        var lenet = new RecoveryCase("lenet-mnist");
        var report = Measure(lenet, lenet.Prepared.Model);
        report.Samples.ShouldBe(64);
        report.Layers.Select(l => l.Operator).ShouldBe(["Conv", "Conv", "Gemm", "Gemm"]);
        report.Layers.ShouldAllBe(l => l.SqnrDb == 200 && l.Cosine > 0.9999999 && l.MaxAbsError == 0 && l.AloneSqnrDb > 100);
    }

    [Fact]
    public void Integer_layers_are_compared_behind_what_was_fused_into_them_and_errors_add_up()
    {
        var resnet = new RecoveryCase("resnet8-fashion-bn");
        var report = Measure(resnet, resnet.Build(CompressionKind.Int8Reduced).Model);
        report.Layers.Count.ShouldBe(10);
        report.Layers[0].Value.ShouldBe("/stem/stem.2/Relu_output_0");
        report.Layers[0].Layer.ShouldBe("/stem/stem.1/BatchNormalization_output_0");
        report.Layers[^1].Value.ShouldBe("logits");
        report.Layers.ShouldAllBe(l => l.SqnrDb > 20 && l.SqnrDb < 50 && l.AloneSqnrDb > 30 && l.Cosine > 0.995);
        report.Layers.Skip(1).ShouldAllBe(l => l.AloneSqnrDb > l.SqnrDb + 3);
    }

    [Fact]
    public void Reading_inner_values_does_not_change_what_the_variant_computes()
    {
        var resnet = new RecoveryCase("resnet8-fashion-bn");
        var variant = resnet.Build(CompressionKind.Int8Reduced).Model;
        var logits = Measure(resnet, variant).Layers[^1];
        var sum = default(ErrorSum);
        using var source = TestModels.Runner.Load(resnet.Prepared.Model, new ModelSessionOptions());
        using var made = TestModels.Runner.Load(variant, new ModelSessionOptions());
        foreach (var (start, count) in resnet.Feed.Batches())
        {
            var batch = resnet.Feed.Batch(start, count);
            sum.Add(source.Run(batch, [], default)[0].Floats, made.Run(batch, [], default)[0].Floats);
        }

        logits.SqnrDb.ShouldBe(sum.SqnrDb, 0.01);
        logits.MaxAbsError.ShouldBe(sum.MaxAbsError, 1e-4);
    }

    [Fact]
    public void A_broken_layer_is_the_worst_alone_though_all_behind_it_suffer()
    {
        var lenet = new RecoveryCase("lenet-mnist");
        var variant = OnnxModel.Read(lenet.Build(CompressionKind.Int8).Model);
        var weights = variant.Graph.Initializers.Find(i => i.Name == "/c2/Conv_output_0/w")!;
        var bytes = TensorContent.Bytes(weights).ToArray();
        Array.Clear(bytes, 0, bytes.Length / 2);
        weights.RawData = bytes;
        var report = Measure(lenet, variant.ToArray());
        report.WorstAlone!.Layer.ShouldBe("/c2/Conv_output_0");
        report.WorstAlone.AloneSqnrDb!.Value.ShouldBeLessThan(10);
        report.Layers[0].SqnrDb.ShouldBeGreaterThan(35);
        report.Layers[2].SqnrDb.ShouldBeLessThan(15);
        report.Layers[2].AloneSqnrDb!.Value.ShouldBeGreaterThan(35);
    }

    [Theory]
    [InlineData("lstm-fashion", CompressionKind.Int8Dynamic, "LSTM,Gemm", 30)]
    [InlineData("lenet-mnist", CompressionKind.Fp16, "Conv,Conv,Gemm,Gemm", 55)]
    public void Other_forms_are_compared_too(string name, CompressionKind kind, string operators, double least)
    {
        var model = new RecoveryCase(name);
        var report = Measure(model, model.Build(kind).Model);
        string.Join(",", report.Layers.Select(l => l.Operator)).ShouldBe(operators);
        report.Layers.ShouldAllBe(l => l.SqnrDb > least && l.SqnrDb < 100 && l.AloneSqnrDb > least);
    }

    [Fact]
    public void Values_that_the_variant_renamed_are_found_by_their_original_names()
    {
        var lenet = new RecoveryCase("lenet-mnist");
        var variant = OnnxModel.Read(lenet.Build(CompressionKind.Int8).Model);
        var originals = Rename(variant);
        var renamed = new LayerErrors(TestModels.Runner, lenet.Feed).Measure(lenet.Prepared.Model, variant.ToArray(), originals, 64, default);
        renamed.Layers.ShouldBe(Measure(lenet, lenet.Build(CompressionKind.Int8).Model).Layers);
    }

    [Fact]
    public void Layers_of_integers_are_left_out()
    {
        var model = TestModels.Model(
            [
                TestModels.Node("Cast", ["x"], "i", OnnxAttribute.Of("to", (long)OnnxElementType.Int32)),
                TestModels.Node("MatMul", ["i", "m"], "p"),
                TestModels.Node("Cast", ["p"], "f", OnnxAttribute.Of("to", (long)OnnxElementType.Float)),
                TestModels.Node("MatMul", ["f", "w"], "y"),
            ],
            [OnnxTensor.Of<int>("m", OnnxElementType.Int32, [4, 4], Enumerable.Range(0, 16).ToArray()), TestModels.Random("w", 4, 3)],
            [null, 4]);
        var made = new RecoveryCase(model);
        Measure(made, made.Prepared.Model).Layers.Select(l => l.Layer).ShouldBe(["y"]);
    }

    [Fact]
    public void A_model_without_layers_has_no_errors()
    {
        var made = new RecoveryCase(TestModels.Model([TestModels.Node("Relu", ["x"], "y")], [], [null, 4]));
        var report = Measure(made, made.Prepared.Model);
        report.Layers.ShouldBeEmpty();
        report.Worst.ShouldBeNull();
        report.WorstAlone.ShouldBeNull();
    }

    [Fact]
    public void Sums_are_exact_and_finite()
    {
        var sum = default(ErrorSum);
        sum.Add([3f, 4f], [3f, 4f]);
        sum.SqnrDb.ShouldBe(200);
        sum.Cosine.ShouldBe(1);
        sum.Add([5f, 5f], [4f, 5f]);
        sum.SqnrDb.ShouldBe(10 * Math.Log10(75), 1e-9);
        sum.NoiseToSignal.ShouldBe(1 / 75.0, 1e-9);
        sum.MaxAbsError.ShouldBe(1);
        sum.Cosine.ShouldBe(70 / Math.Sqrt(75 * 66.0), 1e-9);
        sum.Add([1f], [float.NaN]);
        sum.SqnrDb.ShouldBe(-200);
        sum.MaxAbsError.ShouldBe(1);
    }

    [Fact]
    public void A_value_of_another_length_is_not_alike()
    {
        var sum = default(ErrorSum);
        sum.Add([1f, 2f], [1f]);
        sum.SqnrDb.ShouldBe(-200);
        sum.Cosine.ShouldBe(0);
    }

    [Fact]
    public void Groups_keep_the_order_and_stay_below_their_limit_where_they_can() =>
        SampleRuns.Groups([3L, 4, 9, 20, 1], v => v, 10).Select(g => string.Join("+", g)).ShouldBe(["3+4", "9", "20", "1"]);

    /// <summary>Gives every inner value a new name, and returns the old ones by the new.</summary>
    private static Dictionary<string, string> Rename(OnnxModel model)
    {
        var originals = new Dictionary<string, string>();
        var border = model.Graph.Outputs.Concat(model.Graph.Inputs).Select(v => v.Name).ToHashSet();
        var names = new Dictionary<string, string>();
        foreach (var node in model.Graph.Nodes)
        {
            foreach (var output in node.Outputs.Where(o => !border.Contains(o)))
            {
                names[output] = $"v{names.Count}";
                originals[names[output]] = output;
            }

            node.Inputs.ToList().ForEach(i => node.Inputs[node.Inputs.IndexOf(i)] = names.GetValueOrDefault(i, i));
            node.Outputs.ToList().ForEach(o => node.Outputs[node.Outputs.IndexOf(o)] = names.GetValueOrDefault(o, o));
        }

        return originals;
    }

    private static LayerErrorReport Measure(RecoveryCase model, byte[] variant) =>
        new LayerErrors(TestModels.Runner, model.Feed).Measure(model.Prepared.Model, variant, null, 64, default);
}
