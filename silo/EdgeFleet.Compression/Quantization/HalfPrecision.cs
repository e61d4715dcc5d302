using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Quantization;

/// <summary>
/// float32 graph -> float16 graph with float32 inputs and outputs: constants are converted, Cast stands behind inputs, before
/// outputs and around operators that must stay float32. A magnitude in (0, 5.96e-8) becomes 5.96e-8, a finite one beyond 65504
/// becomes 65504. Branches of If and bodies of Loop and Scan become float16 likewise: see <see cref="HalfScope"/>.
/// Conditions: none; an operator that is blocked, foreign, has other subgraphs, touches a value that float16 cannot hold or one
/// of unknown type (a sequence) keeps its float32 inputs and outputs. Opset 7.
/// </summary>
/// <param name="facts">Of the graph and those within it.</param>
/// <param name="unfit">Values that must stay float32, under distinct names: see <see cref="Calibration.HalfRanges"/>.</param>
internal sealed class HalfPrecision(ScopedFacts facts, IReadOnlySet<string> unfit) : IGraphPass
{
    private const float Smallest = 5.96e-8f, Largest = 65504f;

    public string Name => "half-precision";

    public int Apply(ModelGraph graph) => new HalfScope(graph, null, facts, unfit).Convert();

    /// <summary>A copy in float16: what would become 0 or infinite becomes the nearest number that is neither.</summary>
    /// <remarks>Optimized at once: code for vectors of any width is not compiled ahead, and the first round of weights is all that there is.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static OnnxTensor ToHalf(OnnxTensor tensor, string name)
    {
        var values = TensorContent.Floats(tensor);
        var bytes = GC.AllocateUninitializedArray<byte>(checked(2 * values.Length));
        var halves = MemoryMarshal.Cast<byte, Half>(bytes.AsSpan());
        TensorPrimitives.ConvertToHalf(values, halves);
        for (var i = 0; i < values.Length; i++)
        {
            var magnitude = Math.Abs(values[i]);
            if (magnitude is > 0 and < Smallest || (magnitude > Largest && float.IsFinite(magnitude)))
            {
                halves[i] = (Half)MathF.CopySign(magnitude < 1 ? Smallest : Largest, values[i]);
            }
        }

        return OnnxTensor.OfRaw(name, OnnxElementType.Float16, tensor.Dimensions, bytes);
    }
}
