using System.Globalization;
using System.Runtime.InteropServices;

namespace EdgeFleet.Compression.Onnx;

/// <summary>Writes models to files piece by piece, tensors straight from where they lie.</summary>
internal static partial class ModelFile
{
    /// <summary>Constants from this size on go to the data file of a model that is too large for one.</summary>
    private const int LeastExternalBytes = 4096;

    /// <summary>What runtimes map tensors at.</summary>
    private const int Alignment = 4096;

    /// <summary>Written at once; between pieces others may look in.</summary>
    private const int PieceBytes = 16 << 20;

    /// <summary>Writes the model to one file; what is beyond a protobuf file's 2 GB to a second one beside it, named like it with <c>.data</c>.</summary>
    /// <param name="model">Its large constants are external afterwards where a second file was needed.</param>
    /// <param name="path">The model's file; replaced where it exists.</param>
    /// <param name="mostBytes">Largest model file.</param>
    /// <param name="written">Told of the bytes written so far; what it throws ends the work.</param>
    /// <returns>Bytes of both files.</returns>
    /// <exception cref="IOException">There is no room; says where, and how much is needed.</exception>
    public static long Save(OnnxModel model, string path, long mostBytes = OnnxLimits.FileBytes, Action<long>? written = null)
    {
        var length = ProtoWriter.LengthOf(model);
        DiskRoom.Check(Path.GetDirectoryName(Path.GetFullPath(path))!, length);
        var data = length > mostBytes ? MoveOut(model, path + ".data", written) : 0;
        using var file = Created(path);
        ProtoWriter.WriteTo(file, model, piece => Write(file, piece, () => written?.Invoke(data + file.Position)));
        return file.Length + data;
    }

    /// <summary>
    /// Writes a model to be loaded once and thrown away: constants that lie in mapped files are not copied, links to those files are put
    /// beside it. Where the file system has no such links they are copied after all.
    /// </summary>
    /// <param name="model">Left as it is.</param>
    /// <param name="path">The model's file, in a folder of its own.</param>
    public static void SaveLinked(OnnxModel model, string path)
    {
        var links = new Dictionary<string, string?>();
        var graph = new OnnxGraph { Name = model.Graph.Name };
        graph.Nodes.AddRange(model.Graph.Nodes);
        graph.Inputs.AddRange(model.Graph.Inputs);
        graph.Outputs.AddRange(model.Graph.Outputs);
        graph.ValueInfos.AddRange(model.Graph.ValueInfos);
        graph.KeepAll(model.Graph);
        graph.Initializers.AddRange(model.Graph.Initializers.Select(t => Linked(t, path, links)));
        var linked = new OnnxModel { IrVersion = model.IrVersion, Graph = graph };
        linked.Opsets.AddRange(model.Opsets);
        linked.Functions.AddRange(model.Functions);
        Save(linked, path);
    }

    private static OnnxTensor Linked(OnnxTensor tensor, string path, Dictionary<string, string?> links)
    {
        if (tensor.RawData is not { Length: >= LeastExternalBytes } raw || !MemoryMarshal.TryGetMemoryManager<byte, MappedSlice>(raw, out var slice, out var start, out var length))
        {
            return tensor;
        }

        if (!links.TryGetValue(slice.Path, out var link))
        {
            link = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}.{links.Count}");
            links[slice.Path] = link = Link(slice.Path, Path.Combine(Path.GetDirectoryName(path)!, link)) == 0 ? link : null;
        }

        if (link is null)
        {
            return tensor;
        }

        var external = new OnnxTensor { Name = tensor.Name, ElementType = tensor.ElementType, Dimensions = tensor.Dimensions };
        Refer(external, link, slice.Offset + start, length);
        return external;
    }

    private static long MoveOut(OnnxModel model, string path, Action<long>? written)
    {
        using var file = Created(path);
        foreach (var tensor in TensorWalk.Graphs(model.Graph).SelectMany(g => g.Initializers))
        {
            if (tensor.RawData is not { Length: >= LeastExternalBytes } raw)
            {
                continue;
            }

            file.SetLength((file.Position + Alignment - 1) / Alignment * Alignment);
            file.Position = file.Length;
            Refer(tensor, Path.GetFileName(path), file.Position, raw.Length);
            Write(file, raw, () => written?.Invoke(file.Position));
        }

        return file.Length;
    }

    private static void Refer(OnnxTensor tensor, string location, long offset, long length)
    {
        tensor.ExternalData.Add(new OnnxEntry { Key = "location", Value = location });
        tensor.ExternalData.Add(new OnnxEntry { Key = "offset", Value = offset.ToString(CultureInfo.InvariantCulture) });
        tensor.ExternalData.Add(new OnnxEntry { Key = "length", Value = length.ToString(CultureInfo.InvariantCulture) });
        tensor.RawData = null;
        tensor.DataLocation = 1;
    }

    private static void Write(FileStream file, ReadOnlyMemory<byte> bytes, Action written)
    {
        for (var done = 0; done < bytes.Length; done += PieceBytes)
        {
            file.Write(bytes.Span.Slice(done, Math.Min(PieceBytes, bytes.Length - done)));
            if (bytes.Length >= ConstantSpool.LeastBytes)
            {
                written();
            }
        }
    }

    private static FileStream Created(string path) => new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);

    /// <returns>0, or -1 where there can be no such link.</returns>
    private static int Link(string existing, string path)
    {
        try
        {
            return OperatingSystem.IsWindows() ? -1 : HardLink(existing, path);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return -1;
        }
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int HardLink(string existing, string path);
}
