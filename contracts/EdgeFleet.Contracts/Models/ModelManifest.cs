using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Contracts.Models;

/// <summary>What is known of an uploaded model after it was checked.</summary>
/// <param name="Model">Name and version.</param>
/// <param name="Artifact">The ONNX bytes, external data folded in.</param>
/// <param name="Calibration">The calibration images or arrays, if any came along.</param>
/// <param name="Labels">Labels of the calibration data, if any came along.</param>
/// <param name="Input">How raw samples become the model's input.</param>
/// <param name="Inputs">The graph's inputs.</param>
/// <param name="Outputs">The graph's outputs.</param>
/// <param name="Opset">Version of the ai.onnx operator set.</param>
/// <param name="Parameters">Number of weight elements.</param>
/// <param name="Operators">Count of nodes per operator type.</param>
/// <param name="UploadedAt">When it came in.</param>
public sealed record ModelManifest(
    ModelId Model,
    ArtifactRef Artifact,
    ArtifactRef? Calibration,
    ArtifactRef? Labels,
    InputScaling Input,
    IReadOnlyList<TensorSpec> Inputs,
    IReadOnlyList<TensorSpec> Outputs,
    int Opset,
    long Parameters,
    IReadOnlyDictionary<string, int> Operators,
    DateTimeOffset UploadedAt);

/// <summary>A tensor of a model's border. A negative dimension is free (batch, say).</summary>
public sealed record TensorSpec(string Name, string ElementType, IReadOnlyList<long> Dimensions);

/// <summary>An artifact: its bytes' digest and number.</summary>
public sealed record ArtifactRef(Sha256Digest Sha256, long SizeBytes);

/// <summary>How a raw sample of bytes becomes float input: <c>(value / Divisor - Mean) / StdDev</c>.</summary>
/// <param name="Divisor">255 maps a pixel to [0, 1].</param>
/// <param name="Mean">Subtracted afterwards.</param>
/// <param name="StdDev">Divided by last; not 0.</param>
public sealed record InputScaling(float Divisor = 255f, float Mean = 0f, float StdDev = 1f);
