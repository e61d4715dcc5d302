using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Recovery;

/// <summary>
/// Runs a float model and a variant of it side by side and compares what each layer gives: with the errors of earlier layers, and
/// alone, as the float layer on the variant's own inputs. Only sums outlive a batch, and layers are read in groups, so that memory
/// does not grow with samples or layers.
/// </summary>
/// <param name="runner">The runtime.</param>
/// <param name="feed">Samples.</param>
internal sealed class LayerErrors(IModelRunner runner, SampleFeed feed)
{
    private const long MostBytes = 64 << 20;

    /// <param name="model">The float model from which the variant was made, prepared.</param>
    /// <param name="variant">The variant.</param>
    /// <param name="originalNames">From names in the variant to those of the float model, where they differ.</param>
    /// <param name="samples">Most samples to run, from the first.</param>
    /// <param name="cancellationToken">Looked at between runs.</param>
    /// <exception cref="ModelRunException">The runtime cannot run one of them.</exception>
    public LayerErrorReport Measure(
        ReadOnlyMemory<byte> model, ReadOnlyMemory<byte> variant, IReadOnlyDictionary<string, string>? originalNames, int samples, CancellationToken cancellationToken)
    {
        var original = new ModelGraph(OnnxModel.Read(model));
        var view = new VariantView(new ModelGraph(OnnxModel.Read(variant)), originalNames);
        var pairs = LayerPair.Of(original, view);
        var layers = new List<LayerError>(pairs.Count);
        var measured = 0;
        using var source = Load(WithOutputs.Bytes(original, pairs.Select(p => p.Value)));
        var facts = source.Outputs.ToDictionary(o => o.Name);
        pairs.RemoveAll(p => facts[p.Value].ElementType != OnnxElementType.Float);
        foreach (var group in SampleRuns.Groups(pairs, p => Bytes(facts[p.Value]) * feed.BatchSize, MostBytes))
        {
            measured = Measure(source, original, view, group, samples, layers, cancellationToken);
        }

        return new(measured, layers);
    }

    private int Measure(
        IModelSession source, ModelGraph original, VariantView view, IReadOnlyList<LayerPair> pairs, int samples, List<LayerError> layers, CancellationToken cancellationToken)
    {
        var alone = new LayersAlone(original, view, pairs);
        var values = pairs.Select(p => p.Value).Distinct().ToList();
        var readings = values.ConvertAll(view.Reading);
        var inputs = alone.Values.Select(view.Reading).Where(r => !view.Graph.IsInput(r));
        var wanted = readings.Concat(inputs).Distinct().ToList();
        using var made = Load(view.WithReadings(wanted));
        using var single = alone.IsEmpty ? null : Load(alone.Bytes);
        var (errors, aloneErrors) = (new ErrorSum[pairs.Count], new ErrorSum[pairs.Count]);
        var measured = 0;
        foreach (var (start, count) in SampleRuns.First(feed, samples))
        {
            var batch = feed.Batch(start, count);
            var expected = ByName(source.Run(batch, values, cancellationToken));
            var given = ByName(made.Run(batch, wanted, cancellationToken).Concat(batch));
            var computed = single is null ? [] : ByName(single.Run(alone.Inputs(v => given[view.Reading(v)]), [], cancellationToken));
            for (var i = 0; i < pairs.Count; i++)
            {
                var reading = given[view.Reading(pairs[i].Value)];
                Add(ref errors[i], expected[pairs[i].Value], reading);
                if (alone.OutputOf(i) is { } output)
                {
                    Add(ref aloneErrors[i], computed[output], reading);
                }
            }

            measured += count;
        }

        for (var i = 0; i < pairs.Count; i++)
        {
            layers.Add(new(
                pairs[i].Value, pairs[i].Layer, pairs[i].Node.OpType, errors[i].SqnrDb, errors[i].Cosine, errors[i].MaxAbsError,
                alone.OutputOf(i) is null ? null : aloneErrors[i].SqnrDb));
        }

        return measured;
    }

    private static void Add(ref ErrorSum sum, ModelTensor reference, ModelTensor value)
    {
        if (SampleRuns.TryFloats(reference, out var expected) && SampleRuns.TryFloats(value, out var given))
        {
            sum.Add(expected, given);
        }
        else
        {
            sum.Break();
        }
    }

    private static Dictionary<string, ModelTensor> ByName(IEnumerable<ModelTensor> tensors)
    {
        var named = new Dictionary<string, ModelTensor>();
        foreach (var tensor in tensors)
        {
            named[tensor.Name] = tensor;
        }

        return named;
    }

    /// <summary>Of one sample; free dimensions count as 1.</summary>
    private static long Bytes(ModelTensorInfo info) => info.Dimensions.Skip(1).Aggregate((long)sizeof(float), (product, d) => product * Math.Clamp(d, 1, 1 << 12));

    private IModelSession Load(byte[] model) => runner.Load(model, new ModelSessionOptions { Threads = Environment.ProcessorCount });
}
