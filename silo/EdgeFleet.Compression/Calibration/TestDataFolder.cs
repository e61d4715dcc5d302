using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>Folders in the layout of ONNX's own tests: <c>test_data_set_N/input_K.pb</c>, a TensorProto for the K-th input of the graph.</summary>
internal static class TestDataFolder
{
    private const int MostBytes = 1 << 30;

    /// <summary>The sets within a folder in order, or the folder itself where it is one; empty where there is none.</summary>
    public static IReadOnlyList<string> Sets(string folder, int most) => File.Exists(Path.Combine(folder, "input_0.pb"))
        ? [folder]
        : [.. Directory.EnumerateDirectories(folder).Where(d => File.Exists(Path.Combine(d, "input_0.pb")))
            .OrderBy(CalibrationInput.NaturalKey, StringComparer.Ordinal).Take(most)];

    /// <exception cref="CalibrationDataException">A file is missing or no tensor of the type that the others have.</exception>
    public static IReadOnlyList<SampleSet> Read(IReadOnlyList<string> sets, string name, IReadOnlyList<ModelTensorInfo> inputs) =>
        [.. inputs.Select((input, i) => (Input: input, File: $"input_{i}.pb"))
            .Where(p => File.Exists(Path.Combine(sets[0], p.File))).Select(p => Read(sets, name, p.Input, p.File))];

    private static SampleSet Read(IReadOnlyList<string> sets, string name, ModelTensorInfo input, string file)
    {
        using var spool = new SampleSpool($"{name}/{file}");
        var shapes = new List<IReadOnlyList<long>>();
        OnnxElementType? type = null;
        foreach (var set in sets)
        {
            var label = $"{Path.GetFileName(set)}/{file}";
            var info = new FileInfo(Path.Combine(set, file));
            if (!info.Exists || info.Length > MostBytes)
            {
                throw new CalibrationDataException(info.Exists ? $"{label} has {info.Length} bytes; {MostBytes} are read." : $"{label} is missing, which other sets have.", label);
            }

            var (tensor, bytes) = Tensor(File.ReadAllBytes(info.FullName), label);
            if (tensor.ElementType != (type ??= tensor.ElementType))
            {
                throw new CalibrationDataException($"{label} holds {OnnxElementTypes.NameOf(tensor.ElementType)}, the sets before it {OnnxElementTypes.NameOf(type.Value)}.", label);
            }

            spool.Write(bytes.Span);
            shapes.Add(tensor.Dimensions);
        }

        return new SampleSet($"{name}/{file}", type!.Value, SampleExtents.Of(shapes), spool.ToStore(), new SampleScaling(1)) { InputName = input.Name, IsWhole = true };
    }

    /// <summary>Reads a TensorProto with its elements.</summary>
    /// <exception cref="CalibrationDataException">Not one.</exception>
    internal static (OnnxTensor Tensor, ReadOnlyMemory<byte> Bytes) Tensor(ReadOnlyMemory<byte> file, string name)
    {
        try
        {
            var tensor = OnnxTensor.Read(file, new ProtoReadContext(file), 0);
            return OnnxElementTypes.BitsOf(tensor.ElementType) >= 8
                ? (tensor, TensorContent.Bytes(tensor))
                : throw new CalibrationDataException($"{name} holds {OnnxElementTypes.NameOf(tensor.ElementType)} elements (a sequence, a map or strings?); only tensors of numbers can be samples.", name);
        }
        catch (CompressionInputException e) when (e is not CalibrationDataException)
        {
            throw new CalibrationDataException($"{name} is not a readable tensor: {e.Message}", name, e);
        }
    }
}
