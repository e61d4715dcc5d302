using System.Globalization;
using System.Runtime.InteropServices;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Benchmarks.Large;

/// <summary>
/// Writes models of any size with external data, tensor by tensor: a table of embeddings plus an input, two convolutions, half of the
/// layers as MatMul on 16 rows per sample, the other half as Gemm on one; Relu between. Weights are pseudo-random, the same for the same size.
/// </summary>
internal static class LargeModel
{
    private const int Rows = 16, Side = 64, Width = Side * Side, Words = 16_384;
    private const long MatrixBytes = 4L * Width * Width, TableBytes = 4L * Words * Width;
    private const int Page = 4096;

    /// <param name="path">The model's file; its data goes beside it, named like it with <c>.data</c>.</param>
    /// <param name="bytes">About as many.</param>
    /// <param name="cancellationToken">Looked at between tensors.</param>
    /// <returns>Bytes of both files.</returns>
    public static long Write(string path, long bytes, CancellationToken cancellationToken)
    {
        var layers = (int)Math.Max(2, (bytes - TableBytes) / MatrixBytes);
        var graph = new OnnxGraph { Name = "large" };
        graph.Inputs.Add(OnnxValueInfo.Tensor("words", OnnxElementType.Int64, [null, Rows]));
        graph.Inputs.Add(OnnxValueInfo.Tensor("x", OnnxElementType.Float, [null, Rows, Width]));
        using var data = new FileStream(path + ".data", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        var seed = 0UL;
        string Weights(string name, float range, params long[] dimensions)
        {
            cancellationToken.ThrowIfCancellationRequested();
            graph.Initializers.Add(External(data, name, dimensions, range, ++seed));
            return name;
        }

        string Node(string type, string output, string[] inputs, params OnnxAttribute[] attributes)
        {
            graph.Nodes.Add(new OnnxNode { OpType = type, Name = output, Inputs = [.. inputs], Outputs = [output], Attributes = [.. attributes] });
            return output;
        }

        string Shape(string name, params long[] shape)
        {
            graph.Initializers.Add(OnnxTensor.Of<long>(name, OnnxElementType.Int64, [shape.Length], shape));
            return name;
        }

        // Each layer adds a fifth of its input's magnitude, as layers of deep trained models do.
        var range = 0.2f * MathF.Sqrt(6f / Width);
        var rowLayers = layers / 2;
        var x = Node("Add", "sum", [Node("Gather", "embedded", [Weights("table", 1, Words, Width), "words"]), "x"]);
        x = Node("Reshape", "picture", [x, Shape("to_picture", 0, Rows, Side, Side)]);
        for (var i = 0; i < 2; i++)
        {
            x = Node("Conv", $"conv{i}", [x, Weights($"kernel{i}", MathF.Sqrt(6f / (9 * Rows)), Rows, Rows, 3, 3)], OnnxAttribute.Of("pads", [1L, 1, 1, 1]));
            x = Node("Relu", $"conv{i}/relu", [x]);
        }

        x = Node("Reshape", "rows", [x, Shape("to_rows", 0, Rows, Width)]);
        for (var i = 0; i < layers; i++)
        {
            if (i == rowLayers)
            {
                x = Node("ReduceMean", "mean", [x], OnnxAttribute.Of("axes", [1L]), OnnxAttribute.Of("keepdims", 0));
            }

            var y = i < rowLayers
                ? Node("MatMul", $"matmul{i}", [x, Weights($"w{i}", range, Width, Width)])
                : Node("Gemm", $"gemm{i}", [x, Weights($"w{i}", range, Width, Width), Weights($"b{i}", 0.01f, Width)], OnnxAttribute.Of("transB", 1));
            x = Node("Add", $"layer{i}", [x, Node("Relu", $"relu{i}", [y])]);
        }

        graph.Outputs.Add(OnnxValueInfo.Tensor(x, OnnxElementType.Float, [null, Width]));
        var model = new OnnxModel { IrVersion = 8, Graph = graph };
        model.SetOpset("", 17);
        return ModelFile.Save(model, path) + data.Length;
    }

    private static OnnxTensor External(FileStream file, string name, long[] dimensions, float range, ulong seed)
    {
        file.SetLength((file.Length + Page - 1) / Page * Page);
        file.Position = file.Length;
        var tensor = new OnnxTensor { Name = name, ElementType = OnnxElementType.Float, Dimensions = [.. dimensions], DataLocation = 1 };
        tensor.ExternalData.Add(new OnnxEntry { Key = "location", Value = Path.GetFileName(file.Name) });
        tensor.ExternalData.Add(new OnnxEntry { Key = "offset", Value = file.Position.ToString(CultureInfo.InvariantCulture) });
        tensor.ExternalData.Add(new OnnxEntry { Key = "length", Value = (4 * tensor.Count).ToString(CultureInfo.InvariantCulture) });
        var values = new float[1 << 16];
        for (var left = tensor.Count; left > 0; left -= values.Length)
        {
            var part = values.AsSpan(0, (int)Math.Min(left, values.Length));
            foreach (ref var value in part)
            {
                // SplitMix64 (Steele, Lea and Flood, 2014); 24 bits of it in [-range, range).
                var bits = seed += 0x9E3779B97F4A7C15;
                bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
                bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
                value = (((bits ^ (bits >> 31)) >> 40) * (2f / (1 << 24)) * range) - range;
            }

            file.Write(MemoryMarshal.AsBytes(part));
        }

        return tensor;
    }
}
