using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>Scales as a constant: in float16 with a Cast that the runtime does at load, where that is exact and saves more than it costs.</summary>
internal static class StoredScales
{
    /// <summary>Scales whose halves are worth a node.</summary>
    private const int WorthHalving = 64;

    /// <returns>Name of the float32 scales.</returns>
    public static string Add(ModelGraph graph, string name, IEnumerable<long> shape, float[] scales)
    {
        if (scales.Length < WorthHalving || !BlockGrid.AreHalves(scales))
        {
            return graph.AddConstant<float>($"{name}/scale", OnnxElementType.Float, shape, scales);
        }

        var halves = graph.AddConstant<Half>($"{name}/scale", OnnxElementType.Float16, shape, Array.ConvertAll(scales, s => (Half)s));
        var floats = graph.Fresh($"{name}/scale_float");
        graph.Add(new OnnxNode { OpType = "Cast", Inputs = [halves], Outputs = [floats], Attributes = [OnnxAttribute.Of("to", (long)OnnxElementType.Float)] });
        return floats;
    }
}
