namespace EdgeFleet.Platform.Orleans;

/// <summary>The tables.</summary>
internal static class SqliteSchema
{
    private const long Version = 1;

    public static void Create(SqliteConnection connection)
    {
        connection.Execute("PRAGMA journal_mode = WAL");
        connection.Execute("PRAGMA synchronous = FULL");
        connection.Execute("PRAGMA wal_autocheckpoint = 4000");
        var found = connection.Statement("PRAGMA user_version").Query(s => s.Int64(0), absent: 0);
        if (found > Version)
        {
            throw new SqliteStorageException(
                SqliteFailure.Other, $"{connection.FilePath} has schema version {found}, and this silo knows {Version}: it was written by a newer one. Start that, or restore a backup.");
        }

        connection.Execute(
            """
            BEGIN IMMEDIATE;
            CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS grain_state(
              grain TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, payload BLOB NOT NULL, PRIMARY KEY(grain, name)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS reminder(
              grain TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, start_ticks INTEGER NOT NULL, period_ticks INTEGER NOT NULL,
              PRIMARY KEY(grain, name)) WITHOUT ROWID;
            PRAGMA user_version = 1;
            COMMIT
            """);
    }
}
