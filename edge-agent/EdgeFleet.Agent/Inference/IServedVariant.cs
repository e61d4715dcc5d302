using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Agent.Inference;

/// <summary>A loaded variant. Safe for concurrent runs; disposed only after the last run has ended.</summary>
internal interface IServedVariant : IDisposable
{
    /// <summary>Classifies one raw sample (bytes, scaled as the desired state says).</summary>
    /// <exception cref="VariantException">The sample does not fit the model's input, or the runtime refused.</exception>
    InferenceResult Run(ReadOnlySpan<byte> sample);

    /// <summary>Runs float32 tensors through the model as they are, without scaling; every graph output comes back.</summary>
    /// <exception cref="VariantException">A name, shape or type does not fit, or the runtime refused.</exception>
    IReadOnlyList<GoldenTensor> RunTensors(IReadOnlyList<GoldenTensor> inputs);
}

/// <summary>Loads variants from files.</summary>
internal interface IVariantLoader
{
    /// <param name="path">The ONNX file, already checked against its digest.</param>
    /// <param name="input">How raw samples become the model's input.</param>
    /// <exception cref="VariantException">The runtime can't load it, or its inputs are not one float tensor of fixed sample size.</exception>
    IServedVariant Load(string path, InputScaling input);
}

/// <summary>An answer.</summary>
/// <param name="Top1">Index of the highest score of the first output.</param>
/// <param name="Scores">The first output, as the model gave it.</param>
internal readonly record struct InferenceResult(int Top1, float[] Scores);

/// <summary>A variant could not be loaded or run; the message names what and why.</summary>
internal sealed class VariantException : Exception
{
    public VariantException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
