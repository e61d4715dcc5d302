using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.OnnxRuntime;

namespace EdgeFleet.Silo.Variants;

/// <summary>Runs the compression engine's models by ONNX Runtime, on the processor.</summary>
internal sealed class OrtModelRunner : IModelRunner
{
    /// <summary>Loads the runtime's library beside other work, where a session will be made soon; without it the first session does.</summary>
    public static void StartEarly() => ThreadPool.QueueUserWorkItem(_ =>
    {
        try
        {
            OrtEnvironment.Start();
        }
        catch (Exception e) when (e is OrtException or OrtLibraryNotFoundException)
        {
            // The first session meets the same, where somebody listens.
        }
    });

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
            MemoryArena = !options.Lean,
            MemoryPattern = !options.Lean,
            OptimizedModelPath = options.OptimizedModelPath,

            // What it would say comes as an exception, too.
            LogLevel = OrtLogLevel.Fatal,
        };
        foreach (var (key, value) in options.ConfigEntries)
        {
            settings.ConfigEntries[key] = value;
        }

        var weights = new List<OrtValue>();
        try
        {
            foreach (var weight in options.Weights)
            {
                weights.Add(Over(weight));
                settings.ExternalInitializers[weight.Name] = weights[^1];
            }

            if (options.Lean)
            {
                MakeRoom();
                OrtEnvironment.Start();
                ResidentMemory.GiveBack();
            }

            var session = new Session(open(settings), weights, options.Lean);
            if (options.Lean)
            {
                ResidentMemory.GiveBack();
            }

            return session;
        }
        catch (OrtException e)
        {
            weights.ForEach(w => w.Dispose());
            throw new ModelRunException(e.Message, e);
        }
    }

    /// <summary>
    /// Before the runtime takes memory of its own, what .NET has done with goes: the bytes of models in earlier forms, and the code of
    /// its start. The start of the runtime and the making of a session leave as much behind again.
    /// </summary>
    private static void MakeRoom()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        ResidentMemory.GiveBack();
    }

    /// <summary>A value over a tensor's own memory, which the runtime only reads.</summary>
    private static unsafe OrtValue Over(ModelTensor tensor)
    {
        var pin = tensor.Data.Pin();
        return OrtValue.OverNative((OrtElementType)tensor.ElementType, (nint)pin.Pointer, tensor.Data.Length, tensor.Dimensions.ToArray(), pin);
    }

    private sealed class Session(OrtSession session, List<OrtValue> weights, bool lean) : IModelSession
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

        public void Dispose()
        {
            session.Dispose();
            weights.ForEach(w => w.Dispose());
            if (lean)
            {
                ResidentMemory.GiveBack();
            }
        }

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
