using System.Runtime.InteropServices;
using System.Text;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Benchmarks.Quantize;

/// <summary>Models of convolutions one after another, with Relu between, on 8 channels of 8 x 8.</summary>
internal static class ConvolutionChain
{
    private const int Channels = 8, Side = 8;

    public static OnnxModel Of(int count)
    {
        var random = new Random(count);
        var graph = new OnnxGraph { Name = "chain" };
        graph.Inputs.Add(OnnxValueInfo.Tensor("x0", OnnxElementType.Float, [null, Channels, Side, Side]));
        for (var i = 0; i < count; i++)
        {
            var weights = new float[Channels * Channels * 9];
            foreach (ref var weight in weights.AsSpan())
            {
                weight = (random.NextSingle() - 0.5f) * 0.4f;
            }

            graph.Initializers.Add(OnnxTensor.Of<float>($"w{i}", OnnxElementType.Float, [Channels, Channels, 3, 3], weights));
            graph.Nodes.Add(new OnnxNode
            {
                OpType = "Conv", Name = $"conv{i}", Inputs = [$"x{i}", $"w{i}"], Outputs = [$"c{i}"], Attributes = [OnnxAttribute.Of("pads", [1L, 1, 1, 1])],
            });
            graph.Nodes.Add(new OnnxNode { OpType = "Relu", Name = $"relu{i}", Inputs = [$"c{i}"], Outputs = [$"x{i + 1}"] });
        }

        graph.Outputs.Add(OnnxValueInfo.Tensor($"x{count}", OnnxElementType.Float, [null, Channels, Side, Side]));
        var model = new OnnxModel { IrVersion = 8, Graph = graph };
        model.SetOpset("", 17);
        return model;
    }

    /// <summary>An .npy file of pseudo-random samples.</summary>
    public static byte[] Samples(int count)
    {
        var random = new Random(1);
        var values = new float[count * Channels * Side * Side];
        foreach (ref var value in values.AsSpan())
        {
            value = random.NextSingle();
        }

        var header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count}, {Channels}, {Side}, {Side}), }}".PadRight(117) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), .. MemoryMarshal.AsBytes(values.AsSpan())];
    }
}
