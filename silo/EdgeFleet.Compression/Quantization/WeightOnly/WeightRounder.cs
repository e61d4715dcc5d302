using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>Rounds the weights of a plan as a recipe says. Nearest and HQQ look at the weights alone, one after another when asked.</summary>
internal sealed class WeightRounder
{
    private readonly WeightRounding _rounding;
    private readonly Dictionary<OnnxTensor, BlockWeights> _fitted = [];

    /// <param name="rounding">Nearest, or HQQ; GPTQ where samples were fitted with <see cref="Fit"/>.</param>
    public WeightRounder(WeightRounding rounding) => _rounding = rounding;

    /// <summary>GPTQ: runs the float model over the samples and rounds each layer as its moments come in.</summary>
    /// <param name="graph">Float.</param>
    /// <param name="plan">Weights whose inputs cannot be collected (LSTM, tables) are left to be rounded to nearest.</param>
    /// <param name="feed">Calibration samples.</param>
    /// <param name="runner">The runtime.</param>
    /// <param name="cancellationToken">Looked at between layers.</param>
    /// <exception cref="CalibrationDataException">No samples were given, or a layer's inputs overflow on them.</exception>
    public void Fit(ModelGraph graph, IReadOnlyList<PlannedWeight> plan, SampleFeed feed, IModelRunner runner, CancellationToken cancellationToken)
    {
        if (feed.Synthetic)
        {
            throw new CalibrationDataException("GPTQ fits weights to calibration samples, and none were given. Give some, or round with HQQ, which needs none.");
        }

        var planned = plan.Where(p => p.Form != WeightForm.Embedding && GramCollector.IsCollectable(graph, p.Matrix.Node)).ToDictionary(p => p.Matrix.Node);
        foreach (var gram in GramCollector.Collect(graph, planned.Keys, feed, runner, GramCollector.DefaultBudgetBytes, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (matrix, grid, _) = planned[gram.Layer];
            if (matrix.Columns == gram.Columns && matrix.Groups == gram.Groups)
            {
                _fitted[matrix.Tensor] = GptqRounding.Round(matrix.ToRows(), grid, gram);
            }
        }
    }

    public BlockWeights Round(PlannedWeight planned)
    {
        var (matrix, grid, _) = planned;
        return _fitted.Remove(matrix.Tensor, out var fitted) ? fitted
            : _rounding == WeightRounding.Hqq ? HqqRounding.Round(matrix.ToRows(), matrix.Rows, matrix.Columns, grid)
            : NearestRounding.Round(matrix.ToRows(), matrix.Rows, matrix.Columns, grid);
    }
}
