using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>
/// How far a model's outputs move when each inner value is off by one rounding step of float. Most models keep that small; two
/// normalizations of a constant row, each dividing by the root of its epsilon, make 0.001 of it.
/// </summary>
internal static class RoundingNoise
{
    private const float Step = 1f / (1 << 23);
    private const int Trials = 3;

    /// <summary>Largest movement of each output over a few draws of noise.</summary>
    public static Dictionary<string, double> Of(byte[] model, IReadOnlyList<ModelTensor> inputs)
    {
        var values = Values(model, inputs);
        var exact = Run(model, inputs);
        var moved = exact.ToDictionary(o => o.Name, _ => 0d);
        for (var trial = 0; trial < Trials; trial++)
        {
            foreach (var (was, now) in exact.Zip(Run(With(model, values, new Random(trial)), inputs)))
            {
                for (var i = 0; i < was.Count; i++)
                {
                    moved[was.Name] = Math.Max(moved[was.Name], Math.Abs((double)was.Floats[i] - now.Floats[i]));
                }
            }
        }

        return moved;
    }

    /// <summary>Every value that a node computes from others as floats.</summary>
    private static Dictionary<string, ModelTensor> Values(byte[] model, IReadOnlyList<ModelTensor> inputs)
    {
        var graph = new ModelGraph(OnnxModel.Read(model));
        var all = Run(WithOutputs.Bytes(graph, graph.Nodes.Where(n => n.OpType != "Constant").SelectMany(n => n.Outputs)), inputs);
        return all.Where(v => v.ElementType == OnnxElementType.Float && v.Count > 0).ToDictionary(v => v.Name);
    }

    /// <summary>v = node(..) -> v = node(..) + noise.</summary>
    private static byte[] With(byte[] model, Dictionary<string, ModelTensor> values, Random random)
    {
        var noisy = OnnxModel.Read(model);
        foreach (var node in noisy.Graph.Nodes.ToList())
        {
            for (var i = 0; i < node.Outputs.Count; i++)
            {
                if (values.TryGetValue(node.Outputs[i], out var value))
                {
                    var (name, largest) = (node.Outputs[i], value.Floats.ToArray().Max(Math.Abs));
                    var noise = new float[value.Count];
                    for (var k = 0; k < noise.Length; k++)
                    {
                        noise[k] = ((random.NextSingle() * 2) - 1) * Step * largest;
                    }

                    node.Outputs[i] = $"{name}/exact";
                    noisy.Graph.Initializers.Add(OnnxTensor.Of<float>($"{name}/noise", OnnxElementType.Float, value.Dimensions, noise));
                    noisy.Graph.Nodes.Add(new OnnxNode { OpType = "Add", Inputs = [$"{name}/exact", $"{name}/noise"], Outputs = [name] });
                }
            }
        }

        return noisy.ToArray();
    }

    private static IReadOnlyList<ModelTensor> Run(byte[] model, IReadOnlyList<ModelTensor> inputs)
    {
        using var session = TestModels.Runner.Load(model, new ModelSessionOptions { Optimization = GraphOptimization.Disabled });
        return session.Run(inputs, [], CancellationToken.None);
    }
}
