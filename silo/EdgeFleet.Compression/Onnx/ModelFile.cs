using System.Globalization;

namespace EdgeFleet.Compression.Onnx;

/// <summary>Writes models to files piece by piece, tensors straight from where they lie.</summary>
internal static class ModelFile
{
    /// <summary>Constants from this size on go to the data file of a model that is too large for one.</summary>
    private const int LeastExternalBytes = 4096;

    /// <summary>What runtimes map tensors at.</summary>
    private const int Alignment = 4096;

    /// <summary>Writes the model to one file; what is beyond a protobuf file's 2 GB to a second one beside it, named like it with <c>.data</c>.</summary>
    /// <param name="model">Its large constants are external afterwards where a second file was needed.</param>
    /// <param name="path">The model's file; replaced where it exists.</param>
    /// <param name="mostBytes">Largest model file.</param>
    /// <returns>Bytes of both files.</returns>
    public static long Save(OnnxModel model, string path, long mostBytes = OnnxLimits.FileBytes)
    {
        var data = 0L;
        if (ProtoWriter.LengthOf(model) > mostBytes)
        {
            data = MoveOut(model, path + ".data");
        }

        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        ProtoWriter.WriteTo(file, model);
        return file.Length + data;
    }

    private static long MoveOut(OnnxModel model, string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        foreach (var tensor in TensorWalk.Graphs(model.Graph).SelectMany(g => g.Initializers))
        {
            if (tensor.RawData is not { Length: >= LeastExternalBytes } raw)
            {
                continue;
            }

            file.SetLength((file.Position + Alignment - 1) / Alignment * Alignment);
            file.Position = file.Length;
            Entry(tensor, "location", Path.GetFileName(path));
            Entry(tensor, "offset", file.Position.ToString(CultureInfo.InvariantCulture));
            Entry(tensor, "length", raw.Length.ToString(CultureInfo.InvariantCulture));
            file.Write(raw.Span);
            tensor.RawData = null;
            tensor.DataLocation = 1;
        }

        return file.Length;
    }

    private static void Entry(OnnxTensor tensor, string key, string value) => tensor.ExternalData.Add(new OnnxEntry { Key = key, Value = value });
}
