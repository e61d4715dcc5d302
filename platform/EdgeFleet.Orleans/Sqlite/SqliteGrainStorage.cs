using System.Globalization;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace EdgeFleet.Platform.Orleans;

/// <summary>Grain state in SQLite.</summary>
internal sealed class SqliteGrainStorage(SqliteStore store, IGrainStorageSerializer serializer) : IGrainStorage
{
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var (version, payload) = store.Read(connection => connection
            .Statement("SELECT version, payload FROM grain_state WHERE grain = ?1 AND name = ?2")
            .Bind(1, grainId.ToString())
            .Bind(2, stateName)
            .Query(row => (row.Int64(0), row.Blob(1)), absent: (0L, [])));
        grainState.RecordExists = version != 0;
        grainState.ETag = ETagOf(version);
        grainState.State = version == 0 ? FreshState.Of<T>() : Deserialize<T>(stateName, grainId, payload);
        return Task.CompletedTask;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var write = new StateWrite(grainId, stateName, VersionOf(grainState.ETag), serializer.Serialize(grainState.State));
        store.Enqueue(write);
        grainState.ETag = ETagOf(await write.Done);
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var clear = new StateClear(grainId, stateName, VersionOf(grainState.ETag));
        store.Enqueue(clear);
        await clear.Done;
        grainState.ETag = null;
        grainState.RecordExists = false;
        grainState.State = FreshState.Of<T>();
    }

    private static string? ETagOf(long version) => version == 0 ? null : version.ToString(CultureInfo.InvariantCulture);

    /// <summary>0 stands for: nothing is stored. An ETag of another provider's making matches nothing.</summary>
    private static long VersionOf(string? etag) =>
        etag is null ? 0 : long.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : -1;

    private T Deserialize<T>(string stateName, GrainId grainId, byte[] payload)
    {
        try
        {
            return serializer.Deserialize<T>(new BinaryData(payload));
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or NotSupportedException or FormatException or ArgumentException)
        {
            throw new SqliteStorageException(
                SqliteFailure.Corrupt,
                $"State \"{stateName}\" of {grainId} in {store.FilePath} cannot be read as {typeof(T)}: {e.Message} Start the version that wrote it, or remove that row.",
                e);
        }
    }
}
