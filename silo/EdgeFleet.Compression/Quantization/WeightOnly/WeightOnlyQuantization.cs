using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>
/// Constant weights of MatMul, Gemm, Conv, ConvTranspose, LSTM, GRU, RNN and Gather -> integers in the form that the plan chose:
/// <see cref="BlockedForm"/>, <see cref="EmbeddingForm"/> or <see cref="UnpackedForm"/>. Activations stay float.
/// Conditions: float32, two dimensions or more, no graph output, used by no node that must stay float, and bytes are saved.
/// Opset 7, with 4 bits 11 (BitShift).
/// </summary>
/// <param name="plan">For this graph.</param>
/// <param name="round">Rounds the weights of one entry.</param>
internal sealed class WeightOnlyQuantization(IReadOnlyList<PlannedWeight> plan, Func<PlannedWeight, BlockWeights> round) : IGraphPass
{
    public string Name => "quantize-weights";

    public int Apply(ModelGraph graph)
    {
        foreach (var planned in plan)
        {
            var name = planned.Matrix.Tensor.Name!;
            var consumers = graph.Consumers(name).Distinct().ToList();
            var weights = round(planned);
            switch (planned.Form)
            {
                case WeightForm.Blocked:
                    var constants = BlockedForm.Add(graph, name, weights);
                    consumers.ForEach(c => BlockedForm.Replace(graph, c, weights, constants));
                    graph.Model.SetOpset("com.microsoft", 1);
                    break;
                case WeightForm.Embedding:
                    var table = EmbeddingForm.Add(graph, planned.Matrix, weights);
                    consumers.ForEach(c => EmbeddingForm.Replace(graph, c, table));
                    break;
                default:
                    graph.ReplaceUses(name, UnpackedForm.Add(graph, planned.Matrix, weights));
                    break;
            }
        }

        graph.RemoveUnusedConstants();
        return plan.Count;
    }
}
