using EdgeFleet.Compression.Calibration.Images;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Calibration data on disk, whatever its form: .npy, IDX (both also gzip), .npz, an image; or a folder of ONNX test data sets
/// (<c>test_data_set_N/input_K.pb</c>), of images, or of .npy files. Samples are read from disk as they are needed: memory does not
/// grow with their number. Disposing it closes the files; the samples cannot be read after that.
/// </summary>
public sealed class CalibrationInput : IDisposable
{
    private CalibrationInput(IReadOnlyList<SampleSet> samples) => Samples = samples;

    /// <summary>One set per model input that the data has samples for.</summary>
    public IReadOnlyList<SampleSet> Samples { get; }

    /// <summary>The samples in a few words, such as <c>512 samples of images.gz: uint8 [28, 28]</c>.</summary>
    public string Description => string.Join("; ", Samples.Select(s =>
        $"{s.Count} samples of {s.Source}: {Onnx.OnnxElementTypes.NameOf(s.ElementType)} [{string.Join(", ", s.SampleDimensions)}]{(s.IsUniform ? "" : " and other shapes")}"));

    /// <summary>Opens calibration data.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="options">How values become samples.</param>
    /// <param name="inputs">The model's inputs: names for data that has several, sizes and layout for images.</param>
    /// <exception cref="CalibrationDataException">It cannot be read; names the file and the reason.</exception>
    public static CalibrationInput Open(string path, CalibrationInputOptions options, IReadOnlyList<ModelTensorInfo> inputs)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        options.Scaling(null, name);
        try
        {
            return new(Directory.Exists(path) ? OpenFolder(path, name, options, inputs) : OpenFile(path, name, options, inputs));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CalibrationDataException($"{name} cannot be read: {e.Message}", name, e);
        }
    }

    public void Dispose()
    {
        foreach (var set in Samples)
        {
            set.Dispose();
        }
    }

    private static IReadOnlyList<SampleSet> OpenFile(string path, string name, CalibrationInputOptions options, IReadOnlyList<ModelTensorInfo> inputs)
    {
        var store = SampleStore.Of(File.OpenHandle(path), name);
        var beginning = store.Read(0, (int)Math.Min(16, store.Length)).Span;
        if (ImageDecoder.IsImage(beginning))
        {
            store.Dispose();
            return [ImageFolder.Read([path], name, options, inputs)];
        }

        if (beginning is [(byte)'P', (byte)'K', 3 or 5, ..])
        {
            using (store)
            {
                return NpzFormat.Read(store, name, options, inputs);
            }
        }

        return [StoredArray.Read(store, name).ToSamples(name, options.Scaling(inputs.Count == 1 ? inputs[0] : null, name))];
    }

    private static IReadOnlyList<SampleSet> OpenFolder(string path, string name, CalibrationInputOptions options, IReadOnlyList<ModelTensorInfo> inputs)
    {
        if (TestDataFolder.Sets(path, options.MostSamples) is { Count: > 0 } sets)
        {
            return TestDataFolder.Read(sets, name, inputs);
        }

        // A link to a folder above would be followed without end.
        var everywhere = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 8 };
        var files = Directory.EnumerateFiles(path, "*", everywhere).OrderBy(NaturalKey, StringComparer.Ordinal).ToList();
        var arrays = files.FindAll(f => f.EndsWith(".npy", StringComparison.OrdinalIgnoreCase));
        if (arrays.Count > 0)
        {
            return ArrayList.ToSamples([.. arrays.Take(Math.Max(options.MostSamples, inputs.Count)).Select(Entry)], name, options, inputs);
        }

        var images = files.Where(ImageFolder.IsImage).Take(options.MostSamples).ToList();
        return images.Count > 0 ? [ImageFolder.Read(images, name, options, inputs)] : throw new CalibrationDataException(
            $"{name} holds neither test data sets (test_data_set_0/input_0.pb), nor .npy files, nor images among its {files.Count} files.", name);
    }

    private static (string Name, Func<StoredArray> Open) Entry(string path) => (
        Path.GetFileNameWithoutExtension(path), () => StoredArray.Read(SampleStore.Of(File.OpenHandle(path), Path.GetFileName(path)), Path.GetFileName(path)));

    /// <summary>Numbers within names count as numbers: image2 comes before image10.</summary>
    internal static string NaturalKey(string path)
    {
        var key = new System.Text.StringBuilder(path.Length + 16);
        for (var i = 0; i < path.Length;)
        {
            var end = i;
            while (end < path.Length && char.IsAsciiDigit(path[end]))
            {
                end++;
            }

            key.Append(end > i ? path[i..end].PadLeft(12, '0') : path[i..++end]);
            i = end;
        }

        return key.ToString();
    }
}
