using EdgeFleet.Compression;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Tests.Agent;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Pipeline;

/// <summary>The way from file to file that models beyond 2 GB take, on small ones.</summary>
public sealed class LargeModelTests
{
    private const int Width = 64;

    [Theory]
    [InlineData(CompressionKind.Weights8, 0.32)]
    [InlineData(CompressionKind.Int8Dynamic, 0.32)]
    [InlineData(CompressionKind.Fp16, 0.55)]
    [InlineData(CompressionKind.Fp32, 1.02)]
    public void A_model_with_external_data_is_compressed_from_file_to_file(CompressionKind kind, double size)
    {
        using var folder = new TempFolder();
        var path = Written(folder);
        LargeModelCompressor.SizeOf(path).ShouldBe(new FileInfo(path).Length + (2 * Width * Width * 4));
        var output = Path.Combine(folder.Path, "out.onnx");
        var result = new LargeModelCompressor(TestModels.Runner).Compress(path, new CompressionRecipe(kind), output, [], 4, null, CancellationToken.None);
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
        new LargeModelCompressor(TestModels.Runner).Compress(path, new CompressionRecipe(CompressionKind.Weights8), output, [], 4, null, CancellationToken.None);
        var whole = EdgeFleet.Compression.Graph.ModelInspector.FoldExternalData(File.ReadAllBytes(path), new ExternalDataFolder(folder.Path));
        var request = new CompressionRequest(whole, CompressionKind.Weights8) { LatencyRuns = 0 };
        var held = TestModels.Produce(request with { Recipe = request.Recipe with { ShortNames = false } });
        File.ReadAllBytes(output).ShouldBe(held.Model);
    }

    [Fact]
    public void What_overflows_in_float16_on_the_samples_stays_float()
    {
        using var folder = new TempFolder();
        var path = Written(folder, gain: 100_000, width: 256, activation: "Tanh");
        var output = Path.Combine(folder.Path, "out.onnx");
        var result = new LargeModelCompressor(TestModels.Runner).Compress(path, new CompressionRecipe(CompressionKind.Fp16), output, [], 4, null, CancellationToken.None);
        result.RefusedBecause.ShouldBeNull();
        result.Quality.Cosine.ShouldBeGreaterThan(0.999);
        var made = OnnxModel.Read(File.ReadAllBytes(output));
        made.Graph.Initializers.Count(t => t.ElementType == OnnxElementType.Float16).ShouldBe(2, "weights are stored as halves all the same");
        made.Graph.Nodes.FindAll(n => n.Is("Cast")).ShouldAllBe(n => made.Graph.Initializers.Exists(t => t.Name == n.Inputs[0]), "nothing but weights is cast");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_second_file_of_the_model_that_is_replaced_goes_with_it_and_no_other_does(bool isItsOwn)
    {
        using var folder = new TempFolder();
        var output = Path.Combine(folder.Path, "out.onnx");
        if (isItsOwn)
        {
            ModelFile.Save(Model(1), output, mostBytes: 8192);
        }
        else
        {
            File.WriteAllText(output + ".data", "somebody's");
        }

        new LargeModelCompressor(TestModels.Runner).Compress(
            Written(folder), new CompressionRecipe(CompressionKind.Weights8), output, [], 4, null, CancellationToken.None).RefusedBecause.ShouldBeNull();
        File.Exists(output + ".data").ShouldBe(!isItsOwn);
        TestModels.Runner.Load(output, new ModelSessionOptions()).Dispose();
    }

    [Fact]
    public void A_tensor_that_no_array_holds_is_named()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "in.onnx");
        var model = Model(1);
        var huge = new OnnxTensor { Name = "w", ElementType = OnnxElementType.Float, Dimensions = [1 << 15, 1 << 15], DataLocation = 1 };
        huge.ExternalData.Add(new OnnxEntry { Key = "location", Value = "data" });
        model.Graph.Initializers[0] = huge;
        File.WriteAllBytes(path, model.ToArray());
        Should.Throw<ExternalDataException>(() => new LargeModelCompressor(TestModels.Runner).Compress(
            path, new CompressionRecipe(CompressionKind.Weights8), Path.Combine(folder.Path, "out.onnx"), [], 4, null, CancellationToken.None)).Message.ShouldContain("'w' has 4294967296 bytes");
    }

    [Fact]
    public void Stopped_between_two_steps_it_leaves_nothing()
    {
        using var folder = new TempFolder();
        var path = Written(folder, width: 256);
        foreach (var step in (string[])["merge-constants", "quantize", "write", "run original", "run variant"])
        {
            using var stop = new CancellationTokenSource();
            var compressor = new LargeModelCompressor(TestModels.Runner)
            {
                Progress = p =>
                {
                    if (p.Step == step)
                    {
                        stop.Cancel();
                    }
                },
            };
            Should.Throw<OperationCanceledException>(() => compressor.Compress(
                path, new CompressionRecipe(CompressionKind.Weights8), Path.Combine(folder.Path, "out.onnx"), [], 4, null, stop.Token), step);
            Directory.GetFileSystemEntries(folder.Path).Length.ShouldBe(2, step);
        }
    }

    [Fact]
    public void Progress_never_goes_back()
    {
        using var folder = new TempFolder();
        var shares = new List<double>();
        new LargeModelCompressor(TestModels.Runner) { Progress = p => shares.Add(p.Share) }.Compress(
            Written(folder, width: 256), new CompressionRecipe(CompressionKind.Int8Dynamic), Path.Combine(folder.Path, "out.onnx"), [], 4, null, CancellationToken.None);
        shares.ShouldBe(shares.Order());
        shares[^1].ShouldBeInRange(0.8, 1);
    }

    [MountTheory]
    [InlineData(CompressionKind.Fp32, 150_000)]
    [InlineData(CompressionKind.Weights8, 150_000)]
    [InlineData(CompressionKind.Weights8, 262_144)]
    [InlineData(CompressionKind.Fp16, 400_000)]
    public void A_disk_without_room_is_named_and_nothing_is_left_on_it(CompressionKind kind, long room)
    {
        using var disk = TinyDisk.TryMount(room)!;
        using var folder = new TempFolder();
        var path = Written(folder, width: 256);
        var thrown = Should.Throw<IOException>(() => new LargeModelCompressor(TestModels.Runner).Compress(
            path, new CompressionRecipe(kind), Path.Combine(disk.Path, "out.onnx"), [], 4, null, CancellationToken.None));
        thrown.Message.ShouldStartWith($"No room in '{disk.Path}");
        thrown.Message.ShouldContain("bytes are needed there");
        Directory.GetFileSystemEntries(disk.Path).ShouldBeEmpty();
    }

    [Fact]
    public void A_variant_that_is_refused_leaves_no_file()
    {
        using var folder = new TempFolder();
        var path = Written(folder, gain: 300, activation: "Sin");
        var output = Path.Combine(folder.Path, "out.onnx");
        new LargeModelCompressor(TestModels.Runner).Compress(path, new CompressionRecipe(CompressionKind.Weights4), output, [], 4, null, CancellationToken.None)
            .RefusedBecause.ShouldNotBeNull().ShouldContain("cosine");
        File.Exists(output).ShouldBeFalse();
    }

    [Fact]
    public void A_kind_that_needs_the_model_whole_is_named()
    {
        using var folder = new TempFolder();
        Should.Throw<NotSupportedException>(() => new LargeModelCompressor(TestModels.Runner).Compress(
            Written(folder), new CompressionRecipe(CompressionKind.Int8), Path.Combine(folder.Path, "out.onnx"), [], 4, null, CancellationToken.None)).Message.ShouldContain("int8");
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

    private static string Written(TempFolder folder, float gain = 1, int width = Width, string activation = "Tanh")
    {
        var path = Path.Combine(folder.Path, "in.onnx");
        ModelFile.Save(Model(gain, width, activation), path, mostBytes: 8192);
        return path;
    }

    private static OnnxModel Model(float gain, int width = Width, string activation = "Tanh")
    {
        OnnxTensor Weights(string name)
        {
            var values = TensorContent.Floats(TestModels.Random(name, width, width)).ToArray();
            return OnnxTensor.Of<float>(name, OnnxElementType.Float, [width, width], Array.ConvertAll(values, v => v * 0.1f * gain));
        }

        return TestModels.Model(
            [TestModels.Node("MatMul", ["x", "w"], "a"), TestModels.Node(activation, ["a"], "b"), TestModels.Node("MatMul", ["b", "weights"], "y")],
            [Weights("w"), Weights("weights")],
            [null, width],
            17);
    }
}
