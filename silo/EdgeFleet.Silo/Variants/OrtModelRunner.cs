using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.OnnxRuntime;

namespace EdgeFleet.Silo.Variants;

/// <summary>Runs the compression engine's models by ONNX Runtime, on the processor.</summary>
internal sealed class OrtModelRunner : IModelRunner
{
    public IModelSession Load(ReadOnlyMemory<byte> model, ModelSessionOptions options) => Load(settings => OrtSession.FromBytes(model, settings), options);

    public IModelSession Load(string path, ModelSessionOptions options) => Load(settings => OrtSession.FromFile(path, settings), options);

    private static Session Load(Func<OrtSessionOptions, OrtSession> open, ModelSessionOptions options)
    {
        var settings = new OrtSessionOptions
        {
            IntraOpThreads = options.Threads,
            InterOpThreads = 1,
            GraphOptimization = options.Optimization switch
            {
                GraphOptimization.Disabled => OrtGraphOptimization.None,
                GraphOptimization.Basic => OrtGraphOptimization.Basic,
                GraphOptimization.Extended => OrtGraphOptimization.Extended,
                _ => OrtGraphOptimization.All,
            },
            OptimizedModelPath = options.OptimizedModelPath,

            // What it would say comes as an exception, too.
            LogLevel = OrtLogLevel.Fatal,
        };
        foreach (var (key, value) in options.ConfigEntries)
        {
            settings.ConfigEntries[key] = value;
        }

        try
        {
            return new Session(open(settings));
        }
        catch (OrtException e)
        {
            throw new ModelRunException(e.Message, e);
        }
    }

    private sealed class Session(OrtSession session) : IModelSession
    {
        public IReadOnlyList<ModelTensorInfo> Inputs { get; } = [.. session.Inputs.Select(Info)];

        public IReadOnlyList<ModelTensorInfo> Outputs { get; } = [.. session.Outputs.Select(Info)];

        public IReadOnlyList<ModelTensor> Run(
            IReadOnlyList<ModelTensor> inputs, IReadOnlyList<string> outputs, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            IReadOnlyList<string> wanted = outputs.Count > 0 ? outputs : [.. Outputs.Select(o => o.Name)];
            var given = new OrtValue[inputs.Count];
            OrtValue[] results = [];
            try
            {
                for (var i = 0; i < given.Length; i++)
                {
                    given[i] = OrtValue.Create((OrtElementType)inputs[i].ElementType, inputs[i].Dimensions.ToArray());
                    Copy(inputs[i], given[i]);
                }

                results = session.Run([.. inputs.Select(t => t.Name)], given, wanted);
                return [.. results.Select((value, i) => new ModelTensor(
                    wanted[i], (OnnxElementType)value.ElementType, value.Dimensions.ToArray(), value.GetBytes().ToArray()))];
            }
            catch (OrtException e)
            {
                throw new ModelRunException(e.Message, e);
            }
            finally
            {
                foreach (var value in given.Concat(results))
                {
                    value?.Dispose();
                }
            }
        }

        public void Dispose() => session.Dispose();

        private static void Copy(ModelTensor tensor, OrtValue value)
        {
            if (tensor.Data.Length != value.SizeBytes)
            {
                throw new ModelRunException($"Input '{tensor.Name}' has {tensor.Data.Length} bytes where its shape needs {value.SizeBytes}.");
            }

            tensor.Data.Span.CopyTo(value.GetBytes());
        }

        /// <summary>Element types carry the same numbers in ONNX and in ONNX Runtime.</summary>
        private static ModelTensorInfo Info(OrtTensorInfo tensor) => new(
            tensor.Name, tensor.Kind == OrtValueKind.Tensor ? (OnnxElementType)tensor.ElementType : OnnxElementType.Undefined, tensor.Dimensions);
    }
}
