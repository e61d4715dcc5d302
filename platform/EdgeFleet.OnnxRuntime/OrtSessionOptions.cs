namespace EdgeFleet.OnnxRuntime;

/// <summary>How a session is made. Read when the session is made; later changes have no effect on it. Not safe for concurrent change.</summary>
public sealed class OrtSessionOptions
{
    private readonly List<OrtProviderRequest> providers = [];

    /// <summary>Threads that share the work of one operator; 0 (default) lets ONNX Runtime take one per core.</summary>
    public int IntraOpThreads { get; set; }

    /// <summary>Threads that run operators side by side; 0 (default) lets ONNX Runtime choose. Ignored when <see cref="ParallelExecution"/> is off.</summary>
    public int InterOpThreads { get; set; }

    /// <summary>Run independent operators side by side. Default: false.</summary>
    public bool ParallelExecution { get; set; }

    /// <summary>How far the graph is rewritten at load time. Default: <see cref="OrtGraphOptimization.All"/>.</summary>
    public OrtGraphOptimization GraphOptimization { get; set; } = OrtGraphOptimization.All;

    /// <summary>Where the optimized model is written to; null (default): nowhere. An existing file is replaced.</summary>
    public string? OptimizedModelPath { get; set; }

    /// <summary>Keep freed memory of intermediate results for later runs. Default: true. Off, memory use is lower and runs are slower.</summary>
    public bool MemoryArena { get; set; } = true;

    /// <summary>Allocate all intermediate results of a run at once where shapes repeat. Default: true.</summary>
    public bool MemoryPattern { get; set; } = true;

    /// <summary>Name of the session in messages; null (default): none.</summary>
    public string? LogId { get; set; }

    /// <summary>Messages below it are not made; null (default): as <see cref="OrtEnvironment.LogLevel"/>.</summary>
    public OrtLogLevel? LogLevel { get; set; }

    /// <summary>Entries as listed in ONNX Runtime's <c>onnxruntime_session_options_config_keys.h</c>, such as <c>session.x64quantprecision</c> = <c>1</c>.</summary>
    public Dictionary<string, string> ConfigEntries { get; } = new(StringComparer.Ordinal);

    /// <summary>Values for the model's symbolic dimensions, by the symbol's name; at least 1.</summary>
    public Dictionary<string, long> FreeDimensions { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Constants that the model refers to as external data, by name: taken from here rather than from files. ONNX Runtime goes on
    /// reading the values' memory: they must live as long as the session.
    /// </summary>
    public Dictionary<string, OrtValue> ExternalInitializers { get; } = new(StringComparer.Ordinal);

    /// <summary>The execution providers asked for, in order of preference; the CPU is always the last resort.</summary>
    public IReadOnlyList<OrtProviderRequest> ExecutionProviders => providers;

    /// <summary>Asks for an execution provider, behind those asked for before.</summary>
    /// <param name="name">As in <see cref="OrtRuntime.AvailableProviders"/>, such as <c>CUDAExecutionProvider</c>.</param>
    /// <param name="required">
    /// True: without it there is no session (<see cref="OrtException"/>). False: the session does without,
    /// and <see cref="OrtSession.ProviderFallbacks"/> says why.
    /// </param>
    /// <param name="settings">The provider's own options, such as <c>device_id</c>.</param>
    public OrtSessionOptions AppendExecutionProvider(string name, bool required = false, IReadOnlyDictionary<string, string>? settings = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        providers.Add(new OrtProviderRequest(name, required, settings ?? new Dictionary<string, string>(StringComparer.Ordinal)));
        return this;
    }
}

/// <summary>An execution provider that a session shall use.</summary>
public sealed record OrtProviderRequest(string Name, bool Required, IReadOnlyDictionary<string, string> Settings);

/// <summary>How far a graph is rewritten at load time.</summary>
public enum OrtGraphOptimization
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>Constant folding, removal of what is redundant: results keep their form.</summary>
    Basic = 1,

    /// <summary>And fusions of nodes.</summary>
    Extended = 2,

    /// <summary>And layouts fit for the processor. A model written out at this level runs only on processors of its kind.</summary>
    All = 99,
}
