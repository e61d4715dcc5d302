namespace EdgeFleet.Platform.Orleans;

/// <summary>
/// Version numbers of rows, from which ETags are made. None is ever given twice, even when a row was removed or the process died:
/// a block of them is reserved in the database before the first is used.
/// </summary>
internal sealed class SqliteVersions
{
    private const long Block = 1_000_000;

    private long _next;
    private long _reserved;

    public SqliteVersions(SqliteConnection connection)
    {
        _next = connection.Statement("SELECT value FROM meta WHERE name = 'next_version'").Query(s => s.Int64(0), absent: 1);
        _reserved = _next;
    }

    public long Take() => _next++;

    /// <summary>The transaction was rolled back, and the reservation with it.</summary>
    public void OnRolledBack() => _reserved = 0;

    /// <summary>Inside the transaction that uses them.</summary>
    public void Save(SqliteConnection connection)
    {
        if (_next <= _reserved)
        {
            return;
        }

        _reserved = _next + Block;
        connection.Statement("INSERT INTO meta(name, value) VALUES('next_version', ?1) ON CONFLICT(name) DO UPDATE SET value = ?1").Bind(1, _reserved).Run();
    }
}
