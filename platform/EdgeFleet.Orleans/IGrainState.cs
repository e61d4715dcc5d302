namespace Orleans;

/// <summary>A state with what its storage knows of it.</summary>
public interface IGrainState<T>
{
    T State { get; set; }

    /// <summary>The version that was last read or written; null when nothing is stored.</summary>
    string? ETag { get; set; }

    bool RecordExists { get; set; }
}

/// <inheritdoc/>
public sealed class GrainState<T> : IGrainState<T>
{
    public GrainState()
    {
        State = default!;
    }

    public GrainState(T state)
    {
        State = state;
    }

    public GrainState(T state, string? eTag)
        : this(state)
    {
        ETag = eTag;
    }

    public T State { get; set; }

    public string? ETag { get; set; }

    public bool RecordExists { get; set; }
}
