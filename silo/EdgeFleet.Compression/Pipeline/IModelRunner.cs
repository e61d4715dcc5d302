using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>Runs ONNX models: the engine's only door to a runtime. Safe for concurrent use.</summary>
public interface IModelRunner
{
    /// <summary>Loads a model. The bytes need not outlive the call.</summary>
    /// <exception cref="ModelRunException">The runtime refuses the model; the message is the runtime's.</exception>
    IModelSession Load(ReadOnlyMemory<byte> model, ModelSessionOptions options);

    /// <summary>Loads a model from a file; the runtime reads external data beside it by itself, however large.</summary>
    /// <exception cref="ModelRunException">The runtime refuses the model; the message is the runtime's.</exception>
    IModelSession Load(string path, ModelSessionOptions options);
}

/// <summary>A loaded model. Safe for concurrent runs; disposed by whoever loaded it, after its last run.</summary>
public interface IModelSession : IDisposable
{
    /// <summary>The graph's inputs (initializers not among them), in its order.</summary>
    IReadOnlyList<ModelTensorInfo> Inputs { get; }

    /// <summary>The graph's outputs, in its order, with the types and shapes that the runtime inferred.</summary>
    IReadOnlyList<ModelTensorInfo> Outputs { get; }

    /// <summary>Runs the model on the calling thread and returns the named outputs in the order asked for.</summary>
    /// <param name="inputs">By name; every input of the graph. Not changed, not kept.</param>
    /// <param name="outputs">Names among <see cref="Outputs"/>; empty asks for all in the graph's order.</param>
    /// <param name="cancellationToken">Checked before the run; a run under way may go on to its end.</param>
    /// <returns>Tensors whose bytes belong to the caller.</returns>
    /// <exception cref="ModelRunException">The runtime failed; the message is the runtime's.</exception>
    IReadOnlyList<ModelTensor> Run(IReadOnlyList<ModelTensor> inputs, IReadOnlyList<string> outputs, CancellationToken cancellationToken);
}

/// <summary>A tensor at a model's border, as the runtime sees it.</summary>
/// <param name="Name">Input or output name.</param>
/// <param name="ElementType">Undefined where it is not a tensor.</param>
/// <param name="Dimensions">A free dimension is -1.</param>
public sealed record ModelTensorInfo(string Name, OnnxElementType ElementType, IReadOnlyList<long> Dimensions);

/// <summary>The runtime refused a model or a run.</summary>
public sealed class ModelRunException : Exception
{
    public ModelRunException(string message)
        : base(message)
    {
    }

    public ModelRunException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public ModelRunException()
    {
    }
}
