using System.Globalization;
using Orleans;
using Orleans.Runtime;

namespace EdgeFleet.Platform.Orleans;

/// <summary>Reminders in SQLite.</summary>
internal sealed class SqliteReminderTable(SqliteStore store) : IReminderTable
{
    private const string Columns = "SELECT grain, name, version, start_ticks, period_ticks FROM reminder";

    public Task<ReminderTableData> ReadRows(GrainId grainId) => Task.FromResult(new ReminderTableData(
        store.Read(c => c.Statement($"{Columns} WHERE grain = ?1").Bind(1, grainId.ToString()).QueryAll(Entry))));

    public Task<ReminderTableData> ReadRows(uint begin, uint end) => Task.FromResult(new ReminderTableData(
        store.Read(c => c.Statement(Columns).QueryAll(Entry))));

    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) => Task.FromResult(
        store.Read(c => c.Statement($"{Columns} WHERE grain = ?1 AND name = ?2").Bind(1, grainId.ToString()).Bind(2, reminderName).Query<ReminderEntry?>(Entry, absent: null)));

    public async Task<string> UpsertRow(ReminderEntry entry)
    {
        var write = new Upsert(entry);
        store.Enqueue(write);
        return (await write.Done).ToString(CultureInfo.InvariantCulture);
    }

    public async Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag)
    {
        if (!long.TryParse(eTag, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            return false;
        }

        var removal = new Removal("DELETE FROM reminder WHERE grain = ?1 AND name = ?2 AND version = ?3", s => s.Bind(1, grainId.ToString()).Bind(2, reminderName).Bind(3, version));
        store.Enqueue(removal);
        return await removal.Done > 0;
    }

    public async Task TestOnlyClearTable()
    {
        var removal = new Removal("DELETE FROM reminder", s => s);
        store.Enqueue(removal);
        await removal.Done;
    }

    private static ReminderEntry Entry(SqliteStatement row) => new()
    {
        GrainId = GrainId.Parse(row.Text(0)),
        ReminderName = row.Text(1),
        ETag = row.Int64(2).ToString(CultureInfo.InvariantCulture),
        StartAt = new DateTime(row.Int64(3), DateTimeKind.Utc),
        Period = TimeSpan.FromTicks(row.Int64(4)),
    };

    private sealed class Upsert(ReminderEntry entry) : SqliteWrite
    {
        public override void Apply(SqliteConnection connection, SqliteVersions versions)
        {
            Version = versions.Take();
            connection.Statement(
                """
                INSERT INTO reminder(grain, name, version, start_ticks, period_ticks) VALUES(?1, ?2, ?3, ?4, ?5)
                ON CONFLICT(grain, name) DO UPDATE SET version = ?3, start_ticks = ?4, period_ticks = ?5
                """)
                .Bind(1, entry.GrainId.ToString()).Bind(2, entry.ReminderName).Bind(3, Version).Bind(4, entry.StartAt.Ticks).Bind(5, entry.Period.Ticks).Run();
        }
    }

    /// <summary>Its result is the number of rows removed.</summary>
    private sealed class Removal(string sql, Func<SqliteStatement, SqliteStatement> bind) : SqliteWrite
    {
        public override void Apply(SqliteConnection connection, SqliteVersions versions) => Version = bind(connection.Statement(sql)).Run();
    }
}
