using System.Globalization;
using Orleans.Runtime;
using Orleans.Storage;

namespace EdgeFleet.Platform.Orleans;

/// <summary>Stores a state when the version is still the expected one.</summary>
internal sealed class StateWrite(GrainId grain, string name, long expected, BinaryData payload) : SqliteWrite
{
    public override void Apply(SqliteConnection connection, SqliteVersions versions)
    {
        var key = grain.ToString();
        Version = versions.Take();
        var changed = expected == 0
            ? connection.Statement("INSERT INTO grain_state(grain, name, version, payload) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")
                .Bind(1, key).Bind(2, name).Bind(3, Version).Bind(4, payload.ToMemory().Span).Run()
            : connection.Statement("UPDATE grain_state SET version = ?3, payload = ?4 WHERE grain = ?1 AND name = ?2 AND version = ?5")
                .Bind(1, key).Bind(2, name).Bind(3, Version).Bind(4, payload.ToMemory().Span).Bind(5, expected).Run();
        if (changed == 0)
        {
            Reject(StaleState.Of(connection, grain, name, expected));
        }
    }
}

/// <summary>Removes a state when the version is still the expected one.</summary>
internal sealed class StateClear(GrainId grain, string name, long expected) : SqliteWrite
{
    public override void Apply(SqliteConnection connection, SqliteVersions versions)
    {
        var changed = connection.Statement("DELETE FROM grain_state WHERE grain = ?1 AND name = ?2 AND version = ?3")
            .Bind(1, grain.ToString()).Bind(2, name).Bind(3, expected).Run();
        if (changed == 0 && (expected != 0 || StaleState.StoredVersion(connection, grain, name) != 0))
        {
            Reject(StaleState.Of(connection, grain, name, expected));
        }
    }
}

internal static class StaleState
{
    public static long StoredVersion(SqliteConnection connection, GrainId grain, string name) => connection
        .Statement("SELECT version FROM grain_state WHERE grain = ?1 AND name = ?2")
        .Bind(1, grain.ToString())
        .Bind(2, name)
        .Query(row => row.Int64(0), absent: 0L);

    public static InconsistentStateException Of(SqliteConnection connection, GrainId grain, string name, long expected)
    {
        var stored = Words(StoredVersion(connection, grain, name));
        return new InconsistentStateException(
            $"State \"{name}\" of {grain} is stored with ETag {stored ?? "none"}, and was last seen with {Words(expected) ?? "none"}.", stored, Words(expected));
    }

    private static string? Words(long version) => version == 0 ? null : version.ToString(CultureInfo.InvariantCulture);
}
