namespace EdgeFleet.Compression.Pipeline;

/// <summary>How far the runtime may rewrite the graph.</summary>
public enum GraphOptimization
{
    /// <summary>Node by node, as written.</summary>
    Disabled,

    /// <summary>Constant folding and redundant nodes.</summary>
    Basic,

    /// <summary>With fusions.</summary>
    Extended,

    /// <summary>With layout changes; what devices use.</summary>
    All,
}

/// <summary>How a session is made.</summary>
public sealed record ModelSessionOptions
{
    /// <summary>Threads within one operator, at least 1; results may depend on it in the last bits.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Rewriting of the graph at load.</summary>
    public GraphOptimization Optimization { get; init; } = GraphOptimization.All;

    /// <summary>
    /// Takes as little memory as it can, at some cost in time: for runs over samples, of which nobody asks how long they take. Not for
    /// measuring latencies.
    /// </summary>
    public bool Lean { get; init; }

    /// <summary>Constants that the model refers to as external data, by name, read where they lie; they must not change while the session lives.</summary>
    public IReadOnlyList<ModelTensor> Weights { get; init; } = [];

    /// <summary>The runtime's session configuration entries, such as <c>session.x64quantprecision</c> = <c>1</c>.</summary>
    public IReadOnlyDictionary<string, string> ConfigEntries { get; init; } = new Dictionary<string, string>();

    /// <summary>Where to save the rewritten model, for looking at what was fused; null does not.</summary>
    public string? OptimizedModelPath { get; init; }
}
