using Orleans.Runtime;

namespace EdgeFleet.Platform.Orleans;

/// <summary>What is wrong with the database.</summary>
public enum SqliteFailure
{
    /// <summary>Anything else; see the message.</summary>
    Other,

    /// <summary>Another process uses it.</summary>
    Locked,

    /// <summary>It is damaged, or no database at all.</summary>
    Corrupt,

    /// <summary>The disk is full.</summary>
    Full,

    /// <summary>It may not be written, or not be opened.</summary>
    NotPermitted,
}

/// <summary>The database failed. Nothing of the failed write is stored. The message says which file, and what to do.</summary>
public sealed class SqliteStorageException : OrleansException
{
    internal SqliteStorageException(SqliteFailure failure, string message, Exception? inner = null)
        : base(message, inner!) => Failure = failure;

    public SqliteFailure Failure { get; }
}
