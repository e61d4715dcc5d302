using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Second moments of a layer's inputs: H = X^T X, where a row of X is what meets the weights of one output at one position. What a
/// change D of the weights (rows [outputs, Columns]) does to the layer's outputs is then tr(D H D^T), with no sample at hand.
/// </summary>
/// <param name="Layer">The node: MatMul, Gemm or Conv.</param>
/// <param name="Groups">1, or the groups of a Conv: each has its own inputs and so its own matrix.</param>
/// <param name="Columns">Inputs of one output: K of MatMul and Gemm, channels per group * kernel of Conv, in the order of its weights.</param>
/// <param name="Rows">Rows of X summed.</param>
/// <param name="Values">[Groups, Columns, Columns], symmetric, the sum over all rows.</param>
internal sealed record LayerGram(OnnxNode Layer, int Groups, int Columns, long Rows, double[] Values)
{
    /// <summary>The matrix of one group, [Columns, Columns].</summary>
    public ReadOnlySpan<double> Group(int group) => Values.AsSpan(group * Columns * Columns, Columns * Columns);
}
