using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Graph;

/// <summary>What a model is, and what is wrong with it.</summary>
/// <param name="Inputs">Inputs that a caller must give; a free dimension is -1.</param>
/// <param name="Outputs">Outputs as declared.</param>
/// <param name="Opset">Version of ai.onnx; 0 where it is not imported.</param>
/// <param name="Producer">Tool that wrote the file.</param>
/// <param name="Parameters">Elements of all constant float tensors.</param>
/// <param name="Operators">Nodes by operator type, subgraphs included; <c>domain.Type</c> outside ai.onnx.</param>
/// <param name="Problems">Empty for a model that may be used.</param>
public sealed record ModelInspection(
    IReadOnlyList<ModelTensorInfo> Inputs,
    IReadOnlyList<ModelTensorInfo> Outputs,
    int Opset,
    string Producer,
    long Parameters,
    IReadOnlyDictionary<string, int> Operators,
    IReadOnlyList<ModelProblem> Problems)
{
    public bool IsAcceptable => Problems.Count == 0;
}

/// <summary>One reason to refuse a model.</summary>
/// <param name="Kind">format, external, opset, operator, arity, attribute, type, shape, duplicate, dangling, output, cycle, tensor, non-finite, sparse, runtime.</param>
/// <param name="Subject">The node, tensor or file at fault.</param>
/// <param name="Message">A sentence that names it.</param>
public sealed record ModelProblem(string Kind, string Subject, string Message);
