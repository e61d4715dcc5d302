using System.Globalization;
using EdgeFleet.Silo.Hosting;
using Microsoft.Data.Sqlite;

namespace EdgeFleet.Silo.Storage;

/// <summary>A row of the projection: one thing as its JSON document.</summary>
internal readonly record struct FleetRow(FleetEntity Entity, string Id, string Json);

/// <summary>The projection on disk: one table of JSON documents in SQLite (WAL). Not safe for concurrent use.</summary>
internal sealed class FleetDatabase : IDisposable
{
    private const int SchemaVersion = 1;
    private readonly SqliteConnection _connection;

    private FleetDatabase(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens, and makes the table where needed.</summary>
    /// <exception cref="StartupException">A newer silo wrote it.</exception>
    /// <exception cref="SqliteException">Locked, damaged or no room.</exception>
    public static FleetDatabase Open(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 2, Pooling = false }.ToString());
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
            using var version = connection.CreateCommand();
            version.CommandText = "PRAGMA user_version;";
            var found = Convert.ToInt32(version.ExecuteScalar(), CultureInfo.InvariantCulture);
            if (found > SchemaVersion)
            {
                throw new StartupException($"{path} was written by a newer silo (schema {found})", "run that version, or choose another folder with --data.");
            }

            Execute(connection, $"""
                CREATE TABLE IF NOT EXISTS entity (kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
                PRAGMA user_version = {SchemaVersion};
                """);
            return new FleetDatabase(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public List<FleetRow> ReadAll()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT kind, id, json FROM entity;";
        using var reader = command.ExecuteReader();
        var rows = new List<FleetRow>();
        while (reader.Read())
        {
            if (Enum.TryParse<FleetEntity>(reader.GetString(0), out var entity))
            {
                rows.Add(new FleetRow(entity, reader.GetString(1), reader.GetString(2)));
            }
        }

        return rows;
    }

    /// <summary>Writes all rows in one transaction; on return they are durable.</summary>
    public void Write(IEnumerable<FleetRow> rows)
    {
        using var transaction = _connection.BeginTransaction();
        using var command = _connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "INSERT INTO entity (kind, id, json) VALUES ($kind, $id, $json) ON CONFLICT DO UPDATE SET json = excluded.json;";
        var kind = command.Parameters.Add("$kind", SqliteType.Text);
        var id = command.Parameters.Add("$id", SqliteType.Text);
        var json = command.Parameters.Add("$json", SqliteType.Text);
        foreach (var row in rows)
        {
            kind.Value = row.Entity.ToString();
            id.Value = row.Id;
            json.Value = row.Json;
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    public void Dispose() => _connection.Dispose();

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
