using EdgeFleet.OnnxRuntime;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.OnnxRuntime;

public sealed class OrtSessionOptionsTests
{
    private static readonly byte[] FoldableModel = new TinyOnnx()
        .Input("x", TinyOnnx.Float, 2L).FloatInitializer("a", [1, 2], 2).FloatInitializer("b", [10, 20], 2)
        .Node("Add", ["a", "b"], ["c"]).Node("Mul", ["x", "c"], ["y"]).Output("y", TinyOnnx.Float, 2L).ToBytes();

    [Fact]
    public void All_settings_together_make_a_session_that_answers()
    {
        var options = new OrtSessionOptions
        {
            IntraOpThreads = 2,
            InterOpThreads = 2,
            ParallelExecution = true,
            GraphOptimization = OrtGraphOptimization.Extended,
            MemoryArena = false,
            MemoryPattern = false,
            LogId = "all-settings",
            LogLevel = OrtLogLevel.Fatal,
            ConfigEntries = { ["session.x64quantprecision"] = "1", ["session.intra_op.allow_spinning"] = "0" },
        };
        using var session = OrtSession.FromBytes(FoldableModel, options);
        using var given = OrtValue.Over(new float[] { 1, 1 }.AsMemory(), [2]);
        using var result = session.Run([given])[0];
        result.GetSpan<float>().ToArray().ShouldBe([11, 22]);
    }

    [Theory]
    [InlineData(OrtGraphOptimization.None, true)]
    [InlineData(OrtGraphOptimization.Basic, false)]
    [InlineData(OrtGraphOptimization.All, false)]
    public void The_optimized_model_is_written_and_folded_as_far_as_asked(OrtGraphOptimization level, bool addStays)
    {
        using var folder = new TempFolder();
        var path = folder.File("optimized.onnx");
        OrtSession.FromBytes(FoldableModel, new OrtSessionOptions { OptimizedModelPath = path, GraphOptimization = level, LogLevel = OrtLogLevel.Fatal }).Dispose();
        (File.ReadAllBytes(path).AsSpan().IndexOf("Add_0"u8) >= 0).ShouldBe(addStays);
    }

    [Fact]
    public void A_free_dimension_can_be_fixed_by_its_symbol()
    {
        using var session = OrtSession.FromBytes(
            TinyOnnx.Identity(TinyOnnx.Float, "batch", 4L), new OrtSessionOptions { FreeDimensions = { ["batch"] = 3 } });
        session.Inputs[0].Dimensions.ShouldBe([3, 4]);
    }

    [Fact]
    public void Values_that_onnx_runtime_refuses_are_errors()
    {
        Should.Throw<OrtException>(() => OrtSession.FromBytes(FoldableModel, new OrtSessionOptions { GraphOptimization = (OrtGraphOptimization)55 }));
        Should.Throw<OrtException>(() => OrtSession.FromBytes(FoldableModel, new OrtSessionOptions { ConfigEntries = { [""] = "x" } }));
        Should.Throw<ArgumentException>(() => OrtSession.FromBytes(FoldableModel, new OrtSessionOptions { ConfigEntries = { ["a\0b"] = "x" } }));
    }

    [Fact]
    public void A_provider_that_is_not_in_the_build_falls_back_and_says_so()
    {
        var options = new OrtSessionOptions { LogLevel = OrtLogLevel.Fatal }.AppendExecutionProvider("NoSuchExecutionProvider");
        using var session = OrtSession.FromBytes(FoldableModel, options);
        session.ExecutionProviders.ShouldBe(["CPUExecutionProvider"]);
        var why = session.ProviderFallbacks.ShouldHaveSingleItem();
        why.ShouldContain("NoSuchExecutionProvider is not in this build of ONNX Runtime");
        why.ShouldContain("CPUExecutionProvider");
    }

    [Fact]
    public void A_required_provider_that_is_not_in_the_build_is_an_error_that_names_it()
    {
        var options = new OrtSessionOptions().AppendExecutionProvider("NoSuchExecutionProvider", required: true);
        Should.Throw<OrtException>(() => OrtSession.FromBytes(FoldableModel, options)).Message.ShouldContain("NoSuchExecutionProvider");
    }

    [Fact]
    public void The_cpu_may_be_asked_for_by_name()
    {
        var options = new OrtSessionOptions().AppendExecutionProvider("CPUExecutionProvider", required: true);
        using var session = OrtSession.FromBytes(FoldableModel, options);
        session.ExecutionProviders.ShouldBe(["CPUExecutionProvider"]);
        session.ProviderFallbacks.ShouldBeEmpty();
    }

    [Fact]
    public void Every_provider_of_the_build_either_serves_or_falls_back()
    {
        foreach (var provider in OrtRuntime.AvailableProviders)
        {
            using var session = OrtSession.FromBytes(FoldableModel, new OrtSessionOptions { LogLevel = OrtLogLevel.Fatal }.AppendExecutionProvider(provider));
            using var given = OrtValue.Over(new float[] { 1, 1 }.AsMemory(), [2]);
            using var result = session.Run([given])[0];
            result.GetSpan<float>().ToArray().ShouldBe([11, 22]);
        }
    }
}
