namespace EdgeFleet.Agent.Inference;

/// <summary>Images from IDX files in a folder, in the order of file name and place, over and over; labels where they lie beside.</summary>
/// <remarks>Images are files with <c>idx3</c> in their name; their labels have the same name with <c>labels</c> for <c>images</c> and <c>idx1</c> for <c>idx3</c>.</remarks>
internal sealed class IdxImageSource : IInputSource
{
    private readonly IReadOnlyList<Batch> batches;
    private int batch;
    private int index;

    private IdxImageSource(IReadOnlyList<Batch> batches) => this.batches = batches;

    /// <summary>Number of images in one round.</summary>
    public int Count => batches.Sum(b => b.Count);

    /// <summary>Reads all files of a folder into memory.</summary>
    /// <exception cref="InvalidDataException">There is no image file, one is damaged, or labels do not fit their images; names the file.</exception>
    /// <exception cref="IOException">The folder or a file can't be read.</exception>
    public static IdxImageSource Open(string folder)
    {
        var files = Directory.EnumerateFiles(folder)
            .Where(path => Path.GetFileName(path) is var name
                && name.Contains("idx3", StringComparison.Ordinal)
                && !name.EndsWith(".tmp", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToArray();
        return files.Length == 0
            ? throw new InvalidDataException($"{folder} has no IDX image files (named like test-images-idx3-ubyte or test-images-idx3-ubyte.gz).")
            : new IdxImageSource([.. files.Select(Load)]);
    }

    public Sample Next()
    {
        var current = batches[batch];
        var sample = new Sample(current.Images.AsMemory(index * current.Size, current.Size), current.Labels?[index]);
        if (++index == current.Count)
        {
            index = 0;
            batch = (batch + 1) % batches.Count;
        }

        return sample;
    }

    private static Batch Load(string path)
    {
        var (dimensions, images) = IdxReader.Read(path, rank: 3);
        var labels = LabelsOf(path) is { } labelPath ? IdxReader.Read(labelPath, rank: 1).Data : null;
        return labels is null || labels.Length == dimensions[0]
            ? new Batch(dimensions[0], dimensions[1] * dimensions[2], images, labels)
            : throw new InvalidDataException($"{path} has {dimensions[0]} images, but its label file {labels.Length} labels.");
    }

    private static string? LabelsOf(string path)
    {
        var name = Path.GetFileName(path).Replace("images", "labels", StringComparison.Ordinal).Replace("idx3", "idx1", StringComparison.Ordinal);
        var plain = name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name;
        return new[] { name, plain, plain + ".gz" }
            .Select(candidate => Path.Combine(Path.GetDirectoryName(path)!, candidate))
            .FirstOrDefault(File.Exists);
    }

    private sealed record Batch(int Count, int Size, byte[] Images, byte[]? Labels);
}
