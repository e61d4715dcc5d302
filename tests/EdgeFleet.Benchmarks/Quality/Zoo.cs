using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Benchmarks.Quality;

/// <summary>A trained model with its calibration and test data.</summary>
internal sealed record ZooModel(string Name, byte[] Bytes, SampleSet Calibration, SampleSet Test, int[] TestLabels);

/// <summary>
/// Where models and data are: the repository's own, or a folder with <c>models/NAME.onnx</c> and <c>data/*.gz</c>
/// (<c>--zoo FOLDER</c>), for those that are too large for the repository.
/// </summary>
internal sealed class Zoo(string? folder)
{
    private static readonly Dictionary<string, SampleSet> s_samples = [];

    /// <summary>The model, or null where a part of it is not there.</summary>
    public ZooModel? Find(string name)
    {
        var data = name.EndsWith("mnist", StringComparison.Ordinal) ? "mnist" : "fashion";
        return Path($"{name}.onnx") is { } model && Path($"{data}-calib512-images-idx3-ubyte.gz") is { } calibration
            && Path($"{data}-test-images-idx3-ubyte.gz") is { } images && Path($"{data}-test-labels-idx1-ubyte.gz") is { } labels
            ? new ZooModel(name, File.ReadAllBytes(model), Samples(calibration), Samples(images), [.. SampleFile.ReadLabels(File.ReadAllBytes(labels), labels)])
            : null;
    }

    /// <summary>A file by name, wherever it is; null where it is not.</summary>
    public string? Path(string file)
    {
        string[] folders = folder is not null
            ? [System.IO.Path.Combine(folder, "models"), System.IO.Path.Combine(folder, "data")]
            : [.. Root() is { } root ? new[] { "tests/models", "tests/data", "deploy/demo" }.Select(f => System.IO.Path.Combine(root, f)) : []];
        return folders.Select(f => System.IO.Path.Combine(f, file)).FirstOrDefault(File.Exists);
    }

    private static SampleSet Samples(string path) =>
        s_samples.TryGetValue(path, out var samples) ? samples : s_samples[path] = SampleFile.ReadSamples(File.ReadAllBytes(path), path, new SampleScaling());

    private static string? Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "EdgeFleet.sln")))
            {
                return folder.FullName;
            }
        }

        return null;
    }
}
