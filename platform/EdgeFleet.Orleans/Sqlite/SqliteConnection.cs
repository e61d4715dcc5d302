using SQLitePCL;

namespace EdgeFleet.Platform.Orleans;

/// <summary>A connection with its prepared statements. Used by one thread at a time.</summary>
internal sealed class SqliteConnection : IDisposable
{
    private const int BusyTimeoutMs = 5000;

    private readonly Dictionary<string, SqliteStatement> _statements = [];
    private readonly sqlite3 _handle;

    public SqliteConnection(string path, bool readOnly)
    {
        FilePath = path;
        var flags = raw.SQLITE_OPEN_NOMUTEX | (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        var code = raw.sqlite3_open_v2(path, out _handle, flags, null);
        if (code != raw.SQLITE_OK)
        {
            var failure = Failure(code);
            _handle.Dispose();
            throw failure;
        }

        raw.sqlite3_busy_timeout(_handle, BusyTimeoutMs);
    }

    public string FilePath { get; }

    public bool IsInTransaction => raw.sqlite3_get_autocommit(_handle) == 0;

    /// <summary>Rows that the last statement changed.</summary>
    public int Changes => raw.sqlite3_changes(_handle);

    /// <summary>One or more statements without parameters.</summary>
    public void Execute(string sql)
    {
        if (sql.Contains(';') || sql.StartsWith("PRAGMA", StringComparison.Ordinal))
        {
            Check(raw.sqlite3_exec(_handle, sql));
            return;
        }

        Statement(sql).Run();
    }

    /// <summary>Prepared on first use; ready to be bound.</summary>
    public SqliteStatement Statement(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            Check(raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle));
            _statements.Add(sql, statement = new SqliteStatement(this, handle));
        }

        return statement;
    }

    /// <summary>Harmless when the transaction is gone already.</summary>
    public void RollBack()
    {
        if (IsInTransaction)
        {
            raw.sqlite3_exec(_handle, "ROLLBACK");
        }
    }

    public void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw Failure(code);
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _handle.Dispose();
    }

    private SqliteStorageException Failure(int code)
    {
        var words = $"SQLite says: {raw.sqlite3_errmsg(_handle).utf8_to_string()} (code {code}).";
        return (code & 0xFF) switch
        {
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new(
                SqliteFailure.Locked, $"{FilePath} is locked by another process for more than {BusyTimeoutMs / 1000} s: close what has it open. {words}"),
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => new(
                SqliteFailure.Corrupt, $"{FilePath} is damaged, or no database: restore a backup, or move the file away to begin anew. {words}"),
            raw.SQLITE_FULL => new(SqliteFailure.Full, $"The disk of {FilePath} is full: free some space. Nothing of this write is stored. {words}"),
            raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_CANTOPEN or raw.SQLITE_AUTH => new(
                SqliteFailure.NotPermitted, $"{FilePath} cannot be opened for writing: see to its folder and its permissions. {words}"),
            _ => new(SqliteFailure.Other, $"{FilePath} failed. {words}"),
        };
    }
}
