using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>What is stored is not the version that the writer last saw. The activation that lets this escape is ended, so that the next reads anew.</summary>
public class InconsistentStateException : OrleansException
{
    public InconsistentStateException()
        : this("The stored state is of another version.")
    {
    }

    public InconsistentStateException(string message)
        : base(message)
    {
    }

    public InconsistentStateException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag)
        : base(errorMsg) => (StoredEtag, CurrentEtag) = (storedEtag, currentEtag);

    public InconsistentStateException(string errorMsg, string? storedEtag, string? currentEtag, Exception storageException)
        : base(errorMsg, storageException) => (StoredEtag, CurrentEtag) = (storedEtag, currentEtag);

    public InconsistentStateException(string? storedEtag, string? currentEtag, Exception storageException)
        : this(storageException.Message, storedEtag, currentEtag, storageException)
    {
    }

    public string? StoredEtag { get; }

    public string? CurrentEtag { get; }

    /// <summary>Whether it is still inside the activation whose write failed.</summary>
    internal bool IsSourceActivation { get; set; } = true;

    public override string ToString() => $"{base.ToString()} StoredETag={StoredEtag ?? "none"} CurrentETag={CurrentEtag ?? "none"}";
}

/// <summary>A storage provider is missing or set up wrongly.</summary>
public class BadProviderConfigException : OrleansException
{
    public BadProviderConfigException()
        : this("A storage provider is set up wrongly.")
    {
    }

    public BadProviderConfigException(string msg)
        : base(msg)
    {
    }

    public BadProviderConfigException(string msg, Exception exc)
        : base(msg, exc)
    {
    }
}
