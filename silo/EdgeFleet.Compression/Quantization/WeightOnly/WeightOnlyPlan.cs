using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>Where integers stand for the weights.</summary>
internal enum WeightForm
{
    /// <summary><see cref="UnpackedForm"/>.</summary>
    Unpacked,

    /// <summary><see cref="BlockedForm"/>.</summary>
    Blocked,

    /// <summary><see cref="EmbeddingForm"/>.</summary>
    Embedding,
}

/// <summary>A weight that will be stored in fewer bits.</summary>
internal sealed record PlannedWeight(WeightMatrix Matrix, BlockGrid Grid, WeightForm Form);

/// <summary>
/// Chooses the weights of a model that are stored in fewer bits, and the form of each that costs no time: blocked where one row of
/// activations meets a large matrix, so that reading the weights is what takes long; tables of embeddings as such; all others unpacked.
/// </summary>
internal static class WeightOnlyPlan
{
    /// <summary>What names and nodes of a weight's new form take, about.</summary>
    private const int FormBytes = 400;

    /// <summary>
    /// Weights of a matrix from which on MatMulNBits is faster than float at one row, measured with and without VNNI: 1.2 of float's
    /// time at 128 x 128, 0.9 to 1.0 at 256 x 256, 0.7 at 512 x 512, 0.55 at 1024 x 640.
    /// </summary>
    private const int LargeMatrix = 1 << 16;

    public static IReadOnlyList<PlannedWeight> Of(ModelGraph graph, ValueFacts facts, WeightOnlySettings settings)
    {
        var plan = new List<PlannedWeight>();
        var seen = new HashSet<OnnxTensor>();
        foreach (var matrix in graph.Nodes.SelectMany(n => WeightMatrix.Of(graph, n)))
        {
            if (seen.Add(matrix.Tensor) && IsFree(graph, matrix.Tensor.Name!, settings) && Choose(graph, facts, settings, matrix) is var planned && Saves(planned))
            {
                plan.Add(planned);
            }
        }

        return plan;
    }

    private static bool IsFree(ModelGraph graph, string name, WeightOnlySettings settings) =>
        !graph.IsOutput(name) && !graph.Consumers(name).Any(c => c.Outputs.Exists(settings.KeepFloat.Contains));

    private static bool Saves(PlannedWeight planned)
    {
        var (matrix, grid) = (planned.Matrix, planned.Grid);
        return (matrix.Tensor.Count * grid.Bits / 8) + (2L * matrix.Rows * grid.BlocksOf(matrix.Columns)) + FormBytes < 4 * matrix.Tensor.Count;
    }

    private static PlannedWeight Choose(ModelGraph graph, ValueFacts facts, WeightOnlySettings settings, WeightMatrix matrix)
    {
        var consumers = graph.IsCaptured(matrix.Tensor.Name!) ? [] : graph.Consumers(matrix.Tensor.Name!);
        if (settings.UseBlocked && consumers.Count > 0 && consumers.All(c => FitsBlocks(graph, facts, c, matrix, matrix.Tensor.Count >= settings.BlockedFrom)))
        {
            return new(matrix, new(settings.Bits, BlockOfKernel(matrix.Columns, settings), settings.Symmetric, true), WeightForm.Blocked);
        }

        var bytes = new BlockGrid(8, matrix.Columns, true, true);
        if (matrix.Tensor.Dimensions.Count == 2 && consumers.Count > 0 && consumers.All(c => c.Is("Gather") && c.Inputs[0] == matrix.Tensor.Name && c.Int("axis", 0) == 0))
        {
            return new(matrix, bytes, WeightForm.Embedding);
        }

        var size = settings.Bits == 4 ? EvenBlock(matrix.Columns, settings.BlockSize) : 0;
        return new(matrix, size > 0 && UnpackedForm.Takes4Bits(matrix, size) ? new(4, size, settings.Symmetric, true) : bytes, WeightForm.Unpacked);
    }

    /// <summary>x W with W [K, N] or, transposed, [N, K], one row of x for each sample, or any number of them.</summary>
    private static bool FitsBlocks(ModelGraph graph, ValueFacts facts, OnnxNode node, WeightMatrix matrix, bool anyRows) =>
        matrix.Tensor.Dimensions.Count == 2 && matrix.Tensor.Count >= LargeMatrix
        && node.Is("MatMul", "Gemm") && node.Inputs[1] == matrix.Tensor.Name && node.Inputs[0] != matrix.Tensor.Name
        && WeightMatrix.Of(graph, node).First(m => m.Tensor == matrix.Tensor).IsTransposed == matrix.IsTransposed
        && (node.Is("MatMul") || (node.Int("transA", 0) == 0 && node.Float("alpha", 1) == 1 && node.Float("beta", 1) == 1))
        && facts.IsFloat(node.Inputs[0]) && (facts.RowsOf(node.Inputs[0]) == 1 || (anyRows && facts.RankOf(node.Inputs[0]) >= 2));

    /// <summary>4 bits take the block asked for. 8 bits need none so small: of the larger ones that which wastes least on scales and the last block's end.</summary>
    private static int BlockOfKernel(int columns, WeightOnlySettings settings) => settings.Bits == 4
        ? settings.BlockSize
        : new[] { 16, 32, 64, 128, 256 }.Where(s => s >= settings.BlockSize).MinBy(s => (columns + s - 1) / s * (s + 2));

    /// <summary>The largest even divisor of a row in [size / 2, size], else the smallest above it up to four times; 0 where there is none.</summary>
    private static int EvenBlock(int columns, int size) =>
        Enumerable.Range(0, (size / 2) + 1).Select(i => size - i)
            .Concat(Enumerable.Range(size + 1, 3 * size))
            .FirstOrDefault(block => block % 2 == 0 && block <= columns && columns % block == 0);
}
