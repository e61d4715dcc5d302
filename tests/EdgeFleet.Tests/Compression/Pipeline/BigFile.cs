using System.Globalization;
using System.Runtime.InteropServices;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Tests.Compression.Pipeline;

/// <summary>Writes a model of many equal layers with external data, fast: every tensor is the same megabyte of noise, from another place on.</summary>
internal static class BigFile
{
    private const int Width = 2048, PatternFloats = 1 << 18;

    /// <summary>Bytes of a layer's weights: 16 MiB.</summary>
    public const long LayerBytes = 4L * Width * Width;

    /// <returns>The model's path.</returns>
    public static string Write(string folder, int layers)
    {
        var path = Path.Combine(folder, "big.onnx");
        var random = new Random(3);
        var pattern = new float[2 * PatternFloats];
        for (var i = 0; i < PatternFloats; i++)
        {
            pattern[i] = pattern[i + PatternFloats] = (random.NextSingle() - 0.5f) * 0.05f;
        }

        var graph = new OnnxGraph { Name = "big" };
        graph.Inputs.Add(OnnxValueInfo.Tensor("x0", OnnxElementType.Float, [null, Width]));
        using var data = new FileStream(path + ".data", FileMode.CreateNew);
        for (var i = 0; i < layers; i++)
        {
            var weights = new OnnxTensor { Name = $"w{i}", ElementType = OnnxElementType.Float, Dimensions = [Width, Width], DataLocation = 1 };
            weights.ExternalData.Add(new OnnxEntry { Key = "location", Value = "big.onnx.data" });
            weights.ExternalData.Add(new OnnxEntry { Key = "offset", Value = data.Position.ToString(CultureInfo.InvariantCulture) });
            weights.ExternalData.Add(new OnnxEntry { Key = "length", Value = LayerBytes.ToString(CultureInfo.InvariantCulture) });
            graph.Initializers.Add(weights);
            for (var part = 0; part < LayerBytes / 4 / PatternFloats; part++)
            {
                data.Write(MemoryMarshal.AsBytes(pattern.AsSpan(((i * 977) + (part * 131)) % PatternFloats, PatternFloats)));
            }

            graph.Nodes.Add(new OnnxNode { OpType = "MatMul", Inputs = [$"x{i}", $"w{i}"], Outputs = [$"y{i}"] });
            graph.Nodes.Add(new OnnxNode { OpType = "Tanh", Inputs = [$"y{i}"], Outputs = [$"z{i}"] });
            graph.Nodes.Add(new OnnxNode { OpType = "Add", Inputs = [$"x{i}", $"z{i}"], Outputs = [$"x{i + 1}"] });
        }

        graph.Outputs.Add(OnnxValueInfo.Tensor($"x{layers}", OnnxElementType.Float, [null, Width]));
        var model = new OnnxModel { IrVersion = 8, Graph = graph };
        model.SetOpset("", 17);
        File.WriteAllBytes(path, model.ToArray());
        return path;
    }
}
