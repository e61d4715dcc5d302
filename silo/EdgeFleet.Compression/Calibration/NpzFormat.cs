using System.IO.Compression;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>NumPy's .npz: a zip of .npy files, packed or not.</summary>
internal static class NpzFormat
{
    private const int MostArrays = 100_000;

    /// <exception cref="CalibrationDataException">Not such a file, or its arrays do not fit the model's inputs.</exception>
    public static IReadOnlyList<SampleSet> Read(SampleStore file, string name, CalibrationInputOptions options, IReadOnlyList<ModelTensorInfo> inputs)
    {
        try
        {
            using var stream = new StoreStream(file);
            using var zip = new ZipArchive(stream, ZipArchiveMode.Read);
            if (zip.Entries.Count is 0 or > MostArrays || zip.Entries.Any(e => !e.FullName.EndsWith(".npy", StringComparison.Ordinal)))
            {
                throw new CalibrationDataException($"{name} is not a usable .npz: it holds {zip.Entries.Count} files, and all must be .npy.", name);
            }

            var entries = zip.Entries.OrderBy(e => CalibrationInput.NaturalKey(e.FullName), StringComparer.Ordinal).Take(Math.Max(options.MostSamples, inputs.Count));
            var arrays = entries.Select(e => (e.FullName[..^4], (Func<StoredArray>)(() => Array(e, $"{name}/{e.FullName}")))).ToList();
            return ArrayList.ToSamples(arrays, name, options, inputs);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or ArgumentException or NotSupportedException)
        {
            // Damage within an archive comes as any of these.
            throw new CalibrationDataException($"{name} is a damaged .npz: {e.Message}", name, e);
        }
    }

    private static StoredArray Array(ZipArchiveEntry entry, string name)
    {
        using var spool = new SampleSpool(name);
        using var content = entry.Open();
        spool.Write(content);
        return StoredArray.Read(spool.ToStore(), name);
    }
}
