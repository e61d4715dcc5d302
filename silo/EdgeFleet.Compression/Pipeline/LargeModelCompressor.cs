using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>
/// Compresses a model from file to file without ever holding it whole: weights are mapped from the external data and rewritten one
/// by one, and original and variant run one after the other. For models that no single array holds; kinds that need no samples.
/// </summary>
/// <param name="runner">The runtime; loads both models by their paths.</param>
public sealed class LargeModelCompressor(IModelRunner runner)
{
    /// <summary>From this size on a model is not put together in memory: an array ends at 2 GB, and passes need room to grow it.</summary>
    public const long LeastBytes = 1L << 30;

    /// <summary>Bytes of a model file and of the external data that it refers to.</summary>
    /// <exception cref="CompressionInputException">It is not a model, or refers to data in a way that makes no sense.</exception>
    public static long SizeOf(string path)
    {
        using var mapped = new MappedFiles();
        var file = Mapped(path, mapped);
        return file.Length + TensorWalk.All(OnnxModel.Read(file)).Where(t => t.IsExternal).Sum(t => ExternalDataFolding.Locate(t).Length ?? 0);
    }

    /// <summary>Makes a variant and compares it with the original on a few samples.</summary>
    /// <param name="path">The model; external data beside it.</param>
    /// <param name="recipe">fp32, int8-dynamic, weights8 or weights4.</param>
    /// <param name="output">The variant's file, written only where the variant may be handed out; beyond 2 GB its weights go to a second file beside it.</param>
    /// <param name="samples">To compare on; made up where empty.</param>
    /// <param name="mostSamples">How many of them.</param>
    /// <param name="cancellationToken">Looked at between steps.</param>
    /// <exception cref="CompressionInputException">The model cannot be used.</exception>
    /// <exception cref="NotSupportedException">The recipe needs the model whole.</exception>
    public LargeCompressionResult Compress(
        string path, CompressionRecipe recipe, string output, IReadOnlyList<SampleSet> samples, int mostSamples, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(output))!;
        var work = Directory.CreateDirectory(Path.Combine(folder, $".{Path.GetFileName(output)}.{Guid.NewGuid():N}"));
        try
        {
            var made = Path.Combine(work.FullName, Path.GetFileName(output));
            var (size, passes) = Write(path, recipe, made, cancellationToken);
            var quality = Compare(path, made, recipe, size, samples, mostSamples, cancellationToken);
            var refused = QualityFloor.ReasonToRefuse(quality);

            // The data first: a model file without its data would be half written.
            foreach (var file in work.GetFiles().Where(_ => refused is null).OrderByDescending(f => f.Name.Length))
            {
                file.MoveTo(Path.Combine(folder, file.Name), overwrite: true);
            }

            return new(quality, passes, refused);
        }
        catch (ModelRunException e)
        {
            throw new InvalidModelException($"The runtime cannot run the model: {e.Message}", null, e);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private (long Size, IReadOnlyList<PassReport> Passes) Write(string path, CompressionRecipe recipe, string made, CancellationToken cancellationToken)
    {
        using var mapped = new MappedFiles();
        var model = OnnxModel.Read(Mapped(path, mapped));
        ExternalDataFolding.Fold(model, new ExternalDataFolder(Path.GetDirectoryName(Path.GetFullPath(path))!) { Mapped = mapped });
        var builder = new VariantBuilder(runner, null, cancellationToken);
        var passes = builder.PrepareInPlace(model).Passes.Concat(builder.BuildInPlace(model, recipe)).ToList();
        return (ModelFile.Save(model, made), passes);
    }

    private QualityMeasurement Compare(
        string path, string made, CompressionRecipe recipe, long size, IReadOnlyList<SampleSet> samples, int mostSamples, CancellationToken cancellationToken)
    {
        SampleFeed feed;
        var expected = new List<IReadOnlyList<ModelTensor>>();
        using (var original = runner.Load(path, new ModelSessionOptions { Threads = Environment.ProcessorCount }))
        {
            feed = SampleFeed.Create(original.Inputs, samples, mostSamples);
            feed.UseSingleSamples();
            expected.AddRange(feed.Batches().Select(b => original.Run(feed.Batch(b.Start, b.Count), [], cancellationToken)));
        }

        // Only then: both at once would take the memory of both.
        var comparison = new OutputComparison();
        using var variant = runner.Load(made, new ModelSessionOptions { Threads = Environment.ProcessorCount });
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
            CompressionKinds.DefaultFloor(recipe.Kind));
    }

    private static ReadOnlyMemory<byte> Mapped(string path, MappedFiles mapped) =>
        new FileInfo(path).Length is > 0 and <= int.MaxValue and var length ? mapped.Open(path, 0, (int)length)
        : throw new OnnxFormatException($"'{Path.GetFileName(path)}' is empty, or larger than protobuf allows.", Path.GetFileName(path));
}

/// <summary>A variant that was written to a file.</summary>
/// <param name="Quality">Compared with the original; latencies are not measured.</param>
/// <param name="Passes">What each pass did, in order.</param>
/// <param name="RefusedBecause">Why nothing was written; null where the variant was.</param>
public sealed record LargeCompressionResult(QualityMeasurement Quality, IReadOnlyList<PassReport> Passes, string? RefusedBecause);
