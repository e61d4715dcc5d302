using EdgeFleet.Compression;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Pipeline;

/// <summary>The way from file to file that models beyond 2 GB take, on small ones.</summary>
public sealed class LargeModelTests
{
    private const int Width = 64;

    [Theory]
    [InlineData(CompressionKind.Weights8, 0.32)]
    [InlineData(CompressionKind.Int8Dynamic, 0.32)]
    [InlineData(CompressionKind.Fp32, 1.02)]
    public void A_model_with_external_data_is_compressed_from_file_to_file(CompressionKind kind, double size)
    {
        using var folder = new TempFolder();
        var path = Written(folder);
        LargeModelCompressor.SizeOf(path).ShouldBe(new FileInfo(path).Length + (2 * Width * Width * 4));
        var output = Path.Combine(folder.Path, "out.onnx");
        var result = new LargeModelCompressor(TestModels.Runner).Compress(path, new CompressionRecipe(kind), output, [], 4, CancellationToken.None);
        result.RefusedBecause.ShouldBeNull();
        result.Quality.Cosine.ShouldBeGreaterThan(0.99);
        result.Quality.SizeBytes.ShouldBe(new FileInfo(output).Length);
        ((double)result.Quality.SizeBytes / result.Quality.SourceSizeBytes).ShouldBeLessThan(size);
        Directory.GetFileSystemEntries(folder.Path).Length.ShouldBe(3, "the model, its data, and the output; nothing half made");
    }

    [Fact]
    public void The_same_model_gives_the_same_bytes_as_when_it_is_held_in_memory()
    {
        using var folder = new TempFolder();
        var path = Written(folder);
        var output = Path.Combine(folder.Path, "out.onnx");
        new LargeModelCompressor(TestModels.Runner).Compress(path, new CompressionRecipe(CompressionKind.Weights8), output, [], 4, CancellationToken.None);
        var whole = EdgeFleet.Compression.Graph.ModelInspector.FoldExternalData(File.ReadAllBytes(path), new ExternalDataFolder(folder.Path));
        var request = new CompressionRequest(whole, CompressionKind.Weights8) { LatencyRuns = 0 };
        var held = TestModels.Produce(request with { Recipe = request.Recipe with { ShortNames = false } });
        File.ReadAllBytes(output).ShouldBe(held.Model);
    }

    [Fact]
    public void A_variant_that_is_refused_leaves_no_file()
    {
        using var folder = new TempFolder();
        var path = Written(folder, gain: 300);
        var output = Path.Combine(folder.Path, "out.onnx");
        new LargeModelCompressor(TestModels.Runner).Compress(path, new CompressionRecipe(CompressionKind.Weights4), output, [], 4, CancellationToken.None)
            .RefusedBecause.ShouldNotBeNull().ShouldContain("cosine");
        File.Exists(output).ShouldBeFalse();
    }

    [Fact]
    public void A_kind_that_needs_the_model_whole_is_named()
    {
        using var folder = new TempFolder();
        Should.Throw<NotSupportedException>(() => new LargeModelCompressor(TestModels.Runner).Compress(
            Written(folder), new CompressionRecipe(CompressionKind.Int8), Path.Combine(folder.Path, "out.onnx"), [], 4, CancellationToken.None)).Message.ShouldContain("int8");
    }

    [Fact]
    public void What_does_not_fit_into_one_file_goes_to_a_second_that_the_runtime_reads()
    {
        using var folder = new TempFolder();
        var model = Model(1);
        var before = TestModels.Run(model, 3, Width);
        var path = Path.Combine(folder.Path, "split.onnx");
        ModelFile.Save(model, path, mostBytes: 8192).ShouldBe(new FileInfo(path).Length + new FileInfo(path + ".data").Length);
        new FileInfo(path).Length.ShouldBeLessThan(1024);
        using var session = TestModels.Runner.Load(path, new ModelSessionOptions { Optimization = GraphOptimization.Disabled });
        session.Run([new ModelTensor("x", OnnxElementType.Float, [3, Width], TensorContent.Bytes(TestModels.Random("x", 3, Width)))], [], CancellationToken.None)[0]
            .Floats.ToArray().ShouldBe(before);
    }

    [Fact]
    public void A_model_streams_to_the_bytes_that_it_has_in_memory()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "m.onnx");
        ModelFile.Save(Model(1), path).ShouldBe(new FileInfo(path).Length);
        File.ReadAllBytes(path).ShouldBe(Model(1).ToArray());
    }

    private static string Written(TempFolder folder, float gain = 1)
    {
        var path = Path.Combine(folder.Path, "in.onnx");
        ModelFile.Save(Model(gain), path, mostBytes: 8192);
        return path;
    }

    private static OnnxModel Model(float gain)
    {
        OnnxTensor Weights(string name)
        {
            var values = TensorContent.Floats(TestModels.Random(name, Width, Width)).ToArray();
            return OnnxTensor.Of<float>(name, OnnxElementType.Float, [Width, Width], Array.ConvertAll(values, v => v * 0.1f * gain));
        }

        return TestModels.Model(
            [TestModels.Node("MatMul", ["x", "w"], "a"), TestModels.Node(gain > 1 ? "Sin" : "Tanh", ["a"], "b"), TestModels.Node("MatMul", ["b", "weights"], "y")],
            [Weights("w"), Weights("weights")],
            [null, Width],
            17);
    }
}
