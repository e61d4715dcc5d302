using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Graph;

/// <summary>Looks at models that come from outside. Never throws for a bad one, and never runs it.</summary>
public static class ModelInspector
{
    /// <summary>Reads and checks a model.</summary>
    /// <param name="model">The file's bytes.</param>
    /// <param name="external">Files that came along; null where none did.</param>
    /// <param name="runner">Where given, the runtime must also be able to load the model: finds wrong types and shapes.</param>
    public static ModelInspection Inspect(ReadOnlyMemory<byte> model, IExternalData? external = null, IModelRunner? runner = null)
    {
        OnnxModel parsed;
        try
        {
            parsed = OnnxModel.Read(model);
        }
        catch (OnnxFormatException e)
        {
            return Refused("format", e);
        }

        var problems = GraphVerifier.Problems(parsed).ToList();
        if (problems.Count == 0)
        {
            try
            {
                if (TensorWalk.All(parsed).Any(t => t.IsExternal))
                {
                    ExternalDataFolding.Fold(parsed, external);
                    problems.AddRange(GraphVerifier.Problems(parsed));
                    model = problems.Count == 0 && runner is not null ? parsed.ToArray() : model;
                }
            }
            catch (CompressionInputException e)
            {
                problems.Add(new("external", e.Subject ?? "", e.Message));
            }
        }

        if (problems.Count == 0 && runner is not null && LoadError(runner, model) is { } refused)
        {
            problems.Add(new("runtime", "", $"The runtime cannot load the model: {refused}"));
        }

        return Describe(parsed, problems);
    }

    /// <summary>The model with its external data brought in; the same bytes where it has none.</summary>
    /// <exception cref="CompressionInputException">It is not a model, or its external data is not there.</exception>
    public static ReadOnlyMemory<byte> FoldExternalData(ReadOnlyMemory<byte> model, IExternalData? external)
    {
        var parsed = OnnxModel.Read(model);
        if (!TensorWalk.All(parsed).Any(t => t.IsExternal))
        {
            return model;
        }

        ExternalDataFolding.Fold(parsed, external);
        return parsed.ToArray();
    }

    private static ModelInspection Describe(OnnxModel model, List<ModelProblem> problems)
    {
        var constants = model.Graph.Initializers.Select(i => i.Name).ToHashSet();
        var operators = TensorWalk.Graphs(model.Graph).SelectMany(g => g.Nodes)
            .GroupBy(n => OnnxOpset.Normalize(n.Domain) is { Length: > 0 } domain ? $"{domain}.{n.OpType}" : n.OpType)
            .OrderBy(g => g.Key, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Count());
        return new ModelInspection(
            [.. model.Graph.Inputs.Where(i => !constants.Contains(i.Name)).Select(Info)],
            [.. model.Graph.Outputs.Select(Info)],
            (int)Math.Clamp(model.OpsetOf("") ?? 0, 0, int.MaxValue),
            string.Join(' ', new[] { model.ProducerName, model.ProducerVersion }.Where(p => !string.IsNullOrEmpty(p))),
            Parameters(model),
            operators,
            problems);
    }

    private static long Parameters(OnnxModel model)
    {
        var count = 0L;
        foreach (var tensor in TensorWalk.All(model))
        {
            if (tensor.ElementType is OnnxElementType.Float or OnnxElementType.Float16 or OnnxElementType.Double or OnnxElementType.BFloat16
                && !tensor.Dimensions.Exists(d => d is < 0 or > int.MaxValue))
            {
                var size = tensor.Dimensions.Aggregate(1d, (product, dimension) => product * dimension);
                count += size < long.MaxValue / 4 ? (long)size : 0;
            }
        }

        return count;
    }

    private static ModelTensorInfo Info(OnnxValueInfo value) => new(
        value.Name ?? "",
        (OnnxElementType)(value.Type?.Tensor?.ElementType ?? 0),
        [.. value.Type?.Tensor?.Shape?.Dimensions.Select(d => d.Value ?? -1) ?? []]);

    private static string? LoadError(IModelRunner runner, ReadOnlyMemory<byte> model)
    {
        try
        {
            using var session = runner.Load(model, new ModelSessionOptions { Optimization = GraphOptimization.Basic });
            return null;
        }
        catch (ModelRunException e)
        {
            return e.Message;
        }
    }

    private static ModelInspection Refused(string kind, CompressionInputException e) =>
        new([], [], 0, "", 0, new Dictionary<string, int>(), [new(kind, e.Subject ?? "", e.Message)]);
}
