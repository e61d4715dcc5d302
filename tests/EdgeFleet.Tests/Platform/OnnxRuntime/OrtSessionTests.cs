using EdgeFleet.OnnxRuntime;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.OnnxRuntime;

public sealed class OrtSessionTests
{
    [Fact]
    public void The_library_says_its_version_build_and_providers()
    {
        OrtRuntime.Version.ShouldStartWith("1.");
        OrtRuntime.AvailableProviders.ShouldContain("CPUExecutionProvider");
        OrtRuntime.BuildInfo.ShouldContain("ORT Build Info");
        OrtRuntime.LibraryPath.ShouldNotBeEmpty();
    }

    [Fact]
    public void Inputs_and_outputs_show_name_type_dimensions_and_symbols()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Identity(TinyOnnx.Float, "batch", 1L, "height", 28L));
        var input = session.Inputs.ShouldHaveSingleItem();
        input.Name.ShouldBe("input");
        input.Kind.ShouldBe(OrtValueKind.Tensor);
        input.ElementType.ShouldBe(OrtElementType.Float);
        input.Dimensions.ShouldBe([-1, 1, -1, 28]);
        input.Symbols.ShouldBe(["batch", "", "height", ""]);
        input.ToString().ShouldBe("input: Float[batch,1,height,28]");
        session.Outputs.ShouldHaveSingleItem().Name.ShouldBe("output");
    }

    [Fact]
    public void Metadata_is_what_the_model_says_of_itself()
    {
        var model = new TinyOnnx
        {
            Producer = "the-maker",
            GraphName = "the-graph",
            Domain = "org.example",
            Description = "what it is — ünïcode",
            GraphDescription = "of the graph",
            ModelVersion = 42,
        };
        var bytes = model.Metadata("labels", "a,b,c").Metadata("empty", "")
            .Input("x", TinyOnnx.Float, 1L).Node("Identity", ["x"], ["y"]).Output("y", TinyOnnx.Float, 1L).ToBytes();
        using var session = OrtSession.FromBytes(bytes);
        var metadata = session.Metadata;
        metadata.Producer.ShouldBe("the-maker");
        metadata.GraphName.ShouldBe("the-graph");
        metadata.Domain.ShouldBe("org.example");
        metadata.Description.ShouldBe("what it is — ünïcode");
        metadata.GraphDescription.ShouldBe("of the graph");
        metadata.Version.ShouldBe(42);
        metadata.Custom.ShouldBe(new Dictionary<string, string> { ["labels"] = "a,b,c", ["empty"] = "" }, ignoreOrder: true);
    }

    [Fact]
    public void Metadata_of_a_silent_model_is_empty()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Identity());
        session.Metadata.Custom.ShouldBeEmpty();
        session.Metadata.Description.ShouldBe("");
    }

    [Fact]
    public void Inputs_and_outputs_can_be_given_by_name_in_any_order()
    {
        var bytes = new TinyOnnx()
            .Input("a", TinyOnnx.Float, 2L).Input("b", TinyOnnx.Float, 2L)
            .Node("Add", ["a", "b"], ["sum"]).Node("Neg", ["a"], ["negative"])
            .Output("sum", TinyOnnx.Float, 2L).Output("negative", TinyOnnx.Float, 2L).ToBytes();
        using var session = OrtSession.FromBytes(bytes);
        using var a = OrtValue.Over(new float[] { 1, 2 }.AsMemory(), [2]);
        using var b = OrtValue.Over(new float[] { 10, 20 }.AsMemory(), [2]);

        using (var negative = session.Run(["a", "b"], [a, b], ["negative"]).ShouldHaveSingleItem())
        {
            negative.GetSpan<float>().ToArray().ShouldBe([-1, -2]);
        }

        var both = session.Run(["b", "a"], [b, a], ["negative", "sum"]);
        both[1].GetSpan<float>().ToArray().ShouldBe([11, 22]);
        both[0].GetSpan<float>().ToArray().ShouldBe([-1, -2]);
        both[0].Dispose();
        both[1].Dispose();
    }

    [Fact]
    public void External_data_is_read_from_beside_the_model_file()
    {
        using var folder = new TempFolder();
        float[] weights = [1, 2, 3, 4, 5, 6];
        File.WriteAllBytes(folder.File("weights.bin"), [0, 0, 0, 0, .. System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(weights)]);
        File.WriteAllBytes(folder.File("model.onnx"), new TinyOnnx()
            .Input("input", TinyOnnx.Float, "batch", 3L)
            .ExternalInitializer("w", TinyOnnx.Float, "weights.bin", 4, 24, 3, 2)
            .Node("MatMul", ["input", "w"], ["logits"])
            .Output("logits", TinyOnnx.Float, "batch", 2L).ToBytes());
        using var session = OrtSession.FromFile(folder.File("model.onnx"));
        using var given = OrtValue.Over(new float[] { 1, 1, 1 }.AsMemory(), [1, 3]);
        using var result = session.Run([given])[0];
        result.GetSpan<float>().ToArray().ShouldBe([9, 12]);
    }

    [Fact]
    public void A_path_with_letters_of_other_scripts_is_found()
    {
        using var folder = new TempFolder();
        var path = folder.File("modèle-模型.onnx");
        File.WriteAllBytes(path, TinyOnnx.Identity(TinyOnnx.Float, 1L));
        using var session = OrtSession.FromFile(path);
        session.Inputs.Count.ShouldBe(1);
    }
}
