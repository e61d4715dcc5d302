using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>
/// Compresses a model from file to file without ever holding it whole: weights are mapped from the files that they are in, rewritten one
/// by one into files of their own, and from there into the variant; original and variant run one after the other. For models that no
/// single array holds; kinds that are not fitted to samples layer by layer.
/// </summary>
/// <remarks>
/// Of the weights, memory holds what is worked on: a copy of one tensor as float where it is stored transposed, its integers, and mapped
/// pages up to <see cref="MappedFiles.ResidentBytes"/>. What the runtime needs to run the models comes on top, while it does.
/// </remarks>
/// <param name="runner">The runtime; loads both models by their paths.</param>
public sealed class LargeModelCompressor(IModelRunner runner)
{
    /// <summary>From this size on a model is not put together in memory: an array ends at 2 GB, and passes need room to grow it.</summary>
    public const long LeastBytes = 1L << 30;

    /// <summary>Shares of the whole at which the steps begin, about.</summary>
    private const double Building = 0.1, Writing = 0.55, RunningOriginal = 0.7, RunningVariant = 0.85;

    /// <summary>Bytes of the original's outputs that are kept to compare with; samples beyond them are left out.</summary>
    private const long MostKeptBytes = 128 << 20;

    private static readonly ModelSessionOptions s_every = new() { Threads = Environment.ProcessorCount };

    /// <summary>Runs the original from mapped pages: copies of its weights in the order that kernels like best would be as large again.</summary>
    private static readonly ModelSessionOptions s_mapped = s_every with { ConfigEntries = new Dictionary<string, string> { ["session.disable_prepacking"] = "1" } };

    /// <summary>Told of each step as it begins and goes on, on the compressing thread; it must not throw.</summary>
    public Action<CompressionProgress>? Progress { get; init; }

    /// <summary>Bytes of a model file and of the external data that it refers to.</summary>
    /// <exception cref="CompressionInputException">It is not a model, or refers to data in a way that makes no sense.</exception>
    public static long SizeOf(string path)
    {
        using var mapped = new MappedFiles();
        var file = Mapped(path, mapped);
        return file.Length + TensorWalk.All(OnnxModel.Read(file)).Where(t => t.IsExternal).Sum(t => ExternalDataFolding.Locate(t).Length ?? 0);
    }

    /// <summary>A model's inputs, asked of the runtime without its weights.</summary>
    /// <exception cref="CompressionInputException">It cannot be used.</exception>
    public IReadOnlyList<ModelTensorInfo> InputsOf(string path)
    {
        using var mapped = new MappedFiles();
        var model = Read(path, mapped);
        GraphVerifier.Verify(model, content: false);
        return InputsOf(model);
    }

    /// <summary>Makes a variant and compares it with the original on a few samples.</summary>
    /// <param name="path">The model; external data beside it.</param>
    /// <param name="recipe">fp32, fp16, int8-dynamic, weights8 or weights4.</param>
    /// <param name="output">The variant's file, written only where the variant may be handed out; beyond 2 GB its weights go to a second file beside it.</param>
    /// <param name="samples">To compare on, and for fp16 to see what overflows; made up where empty.</param>
    /// <param name="mostSamples">How many of them.</param>
    /// <param name="floor">Least top-1 agreement on samples that are not made up; null takes the kind's own.</param>
    /// <param name="cancellationToken">Looked at between tensors and runs. What was half written goes at once.</param>
    /// <exception cref="CompressionInputException">The model cannot be used.</exception>
    /// <exception cref="NotSupportedException">The recipe needs the model whole.</exception>
    /// <exception cref="IOException">The output's folder has no room; says how much is needed.</exception>
    public LargeCompressionResult Compress(
        string path, CompressionRecipe recipe, string output, IReadOnlyList<SampleSet> samples, int mostSamples, double? floor, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(output))!;
        var work = Directory.CreateDirectory(Path.Combine(folder, $".{Path.GetFileName(output)}.{Guid.NewGuid():N}"));
        using var abandoned = cancellationToken.Register(() => Delete(work));
        try
        {
            var made = Path.Combine(work.FullName, Path.GetFileName(output));
            var (size, passes, feed) = Write(path, recipe, made, samples, mostSamples, cancellationToken);
            var quality = Compare(path, made, feed, size, floor ?? CompressionKinds.DefaultFloor(recipe.Kind), cancellationToken);
            var refused = QualityFloor.ReasonToRefuse(quality);
            cancellationToken.ThrowIfCancellationRequested();

            if (refused is null)
            {
                var isOutgrown = HasSecondFile(output) && !File.Exists(made + ".data") && Path.GetFullPath(path) != Path.GetFullPath(output);

                // The data first: a model file without its data would be half written.
                foreach (var file in work.GetFiles().OrderByDescending(f => f.Name.Length))
                {
                    file.MoveTo(Path.Combine(folder, file.Name), overwrite: true);
                }

                if (isOutgrown)
                {
                    File.Delete(output + ".data");
                }
            }

            return new(quality, passes, refused);
        }
        catch (Exception e) when (cancellationToken.IsCancellationRequested && e is not OperationCanceledException)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        catch (ModelRunException e)
        {
            throw new InvalidModelException($"The runtime cannot run the model: {e.Message}", null, e);
        }
        finally
        {
            Delete(work);
        }
    }

    private (long Size, IReadOnlyList<PassReport> Passes, SampleFeed Feed) Write(
        string path, CompressionRecipe recipe, string made, IReadOnlyList<SampleSet> samples, int mostSamples, CancellationToken cancellationToken)
    {
        using var mapped = new MappedFiles();
        var model = Read(path, mapped);
        var source = TensorWalk.All(model).Sum(t => (long)(t.RawData?.Length ?? 0));
        var folder = Path.GetDirectoryName(made)!;
        var spooled = SpooledShare(recipe.Kind) * FloatBytes(model);
        DiskRoom.Check(folder, (long)(2 * spooled));

        var reached = 0.0;
        void Tell(string step, double share, double stepShare = 0)
        {
            reached = Math.Max(reached, share);
            Progress?.Invoke(new(step, reached) { StepShare = stepShare });
        }

        using var spool = new ConstantSpool(folder, mapped, kept =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            var share = Math.Min(1, kept / Math.Max(1, spooled));
            Tell("quantize", Building + (share * (Writing - Building)), share);
        });
        try
        {
            var builder = new VariantBuilder(runner, step => Tell(step, Building), cancellationToken) { Spool = spool };
            Tell("verify", 0);
            var passes = builder.PrepareInPlace(model).Passes.ToList();
            var feed = SampleFeed.Create(InputsOf(model), samples, mostSamples);
            feed.UseSingleSamples();
            passes.AddRange(builder.BuildInPlace(model, recipe, feed, variant => LoadLinked(variant, folder)));
            var size = ModelFile.Save(model, made, written: written =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                Tell("write", Writing + ((RunningOriginal - Writing) * Math.Min(1, written / Math.Max(1.0, source))));
            });
            return (size, passes, feed);
        }
        catch (Exception e) when (DiskRoom.IsFull(e))
        {
            throw DiskRoom.Full(folder, (long)Math.Max(2 * spooled, 2 * spool.Length), e);
        }
        finally
        {
            spool.Delete();
        }
    }

    private QualityMeasurement Compare(string path, string made, SampleFeed feed, long size, double floor, CancellationToken cancellationToken)
    {
        Progress?.Invoke(new("run original", RunningOriginal));
        var expected = new List<IReadOnlyList<ModelTensor>>();
        using (var original = runner.Load(path, s_mapped))
        {
            var kept = 0L;
            foreach (var (start, count) in feed.Batches().TakeWhile(_ => kept < MostKeptBytes))
            {
                expected.Add(original.Run(feed.Batch(start, count), [], cancellationToken));
                kept += expected[^1].Sum(t => (long)t.Data.Length);
            }
        }

        // Only then: both at once would take the memory of both.
        Progress?.Invoke(new("run variant", RunningVariant));
        var comparison = new OutputComparison();
        using var variant = runner.Load(made, s_every);
        foreach (var ((start, count), outputs) in feed.Batches().Zip(expected))
        {
            comparison.Add(outputs, variant.Run(feed.Batch(start, count), [], cancellationToken), count, default);
        }

        return new(
            comparison.Samples,
            feed.Synthetic,
            comparison.IsFinite ? comparison.Top1Agreement : 0,
            comparison.IsFinite ? comparison.Cosine : 0,
            comparison.MaxAbsError,
            null,
            null,
            size,
            SizeOf(path),
            0,
            0,
            floor);
    }

    /// <summary>Loads a model with what is mapped already, from a folder of its own that goes with the session.</summary>
    private LinkedSession LoadLinked(OnnxModel model, string folder)
    {
        var own = Directory.CreateDirectory(Path.Combine(folder, "linked"));
        try
        {
            var file = Path.Combine(own.FullName, "model.onnx");
            ModelFile.SaveLinked(model, file);
            return new LinkedSession(runner.Load(file, s_mapped), own);
        }
        catch
        {
            Delete(own);
            throw;
        }
    }

    private IReadOnlyList<ModelTensorInfo> InputsOf(OnnxModel model)
    {
        var graph = new ModelGraph(model);
        try
        {
            using var session = runner.Load(WithOutputs.Skeleton(graph, []), new ModelSessionOptions { Optimization = GraphOptimization.Disabled });
            return [.. session.Inputs.Where(i => graph.IsInput(i.Name))];
        }
        catch (ModelRunException e)
        {
            throw new InvalidModelException($"The runtime cannot load the model: {e.Message}", null, e);
        }
    }

    private static OnnxModel Read(string path, MappedFiles mapped)
    {
        var model = OnnxModel.Read(Mapped(path, mapped));
        ExternalDataFolding.Fold(model, new ExternalDataFolder(Path.GetDirectoryName(Path.GetFullPath(path))!) { Mapped = mapped });
        foreach (var tensor in TensorWalk.All(model))
        {
            // A slice of its own for each, so that what was looked at can be forgotten one by one.
            tensor.RawData = tensor.RawData is { } raw ? MappedSlice.Alone(raw) : null;
        }

        return model;
    }

    /// <summary>True for a model that was written here earlier and has its weights in a file beside it.</summary>
    private static bool HasSecondFile(string path)
    {
        try
        {
            using var mapped = new MappedFiles();
            return File.Exists(path) && File.Exists(path + ".data")
                && TensorWalk.All(OnnxModel.Read(Mapped(path, mapped))).Any(t => t.IsExternal && ExternalDataFolding.Locate(t).Location == Path.GetFileName(path) + ".data");
        }
        catch (CompressionInputException)
        {
            return false;
        }
    }

    /// <summary>Bytes of what can become smaller.</summary>
    private static long FloatBytes(OnnxModel model) =>
        TensorWalk.All(model).Where(t => t.ElementType == OnnxElementType.Float && t.RawData is { Length: >= ConstantSpool.LeastBytes }).Sum(t => (long)t.RawData!.Value.Length);

    /// <summary>What is made anew, over the bytes of the floats that it is made of; at least.</summary>
    private static double SpooledShare(CompressionKind kind) => kind switch
    {
        CompressionKind.Fp16 => 0.5,
        CompressionKind.Weights4 => 0.125,
        CompressionKind.Weights8 or CompressionKind.Int8Dynamic => 0.25,
        _ => 0,
    };

    private static ReadOnlyMemory<byte> Mapped(string path, MappedFiles mapped) =>
        new FileInfo(path).Length is > 0 and <= int.MaxValue and var length ? mapped.Open(path, 0, (int)length)
        : throw new OnnxFormatException($"'{Path.GetFileName(path)}' is empty, or larger than protobuf allows.", Path.GetFileName(path));

    private static void Delete(DirectoryInfo folder)
    {
        try
        {
            Directory.Delete(folder.FullName, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // It is gone: that was the aim.
        }
        catch (IOException)
        {
            // Something was written there at this moment; whoever wrote it deletes the folder at its end.
        }
    }

    private sealed class LinkedSession(IModelSession session, DirectoryInfo folder) : IModelSession
    {
        public IReadOnlyList<ModelTensorInfo> Inputs => session.Inputs;

        public IReadOnlyList<ModelTensorInfo> Outputs => session.Outputs;

        public IReadOnlyList<ModelTensor> Run(IReadOnlyList<ModelTensor> inputs, IReadOnlyList<string> outputs, CancellationToken cancellationToken) =>
            session.Run(inputs, outputs, cancellationToken);

        public void Dispose()
        {
            session.Dispose();
            Delete(folder);
        }
    }
}

/// <summary>A variant that was written to a file.</summary>
/// <param name="Quality">Compared with the original; latencies are not measured.</param>
/// <param name="Passes">What each pass did, in order.</param>
/// <param name="RefusedBecause">Why nothing was written; null where the variant was.</param>
public sealed record LargeCompressionResult(QualityMeasurement Quality, IReadOnlyList<PassReport> Passes, string? RefusedBecause);
