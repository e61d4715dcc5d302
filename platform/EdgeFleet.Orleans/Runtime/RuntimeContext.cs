using Orleans.Runtime.Activations;

namespace Orleans.Runtime;

/// <summary>The activation whose turn runs on this thread.</summary>
internal static class RuntimeContext
{
    [ThreadStatic]
    private static Activation? _current;

    public static Activation? Current
    {
        get => _current;
        set => _current = value;
    }

    public static Activation Require() => _current ?? throw new InvalidOperationException(
        "A grain can only be constructed by a silo. Get a reference from IGrainFactory, or pass a context and a runtime to Grain's other constructor in a test.");
}
