using System.Collections.Concurrent;
using System.Globalization;
using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>States in memory, serialized, so that tests meet what a real store does. Gone with the silo.</summary>
internal sealed class MemoryStorage(IGrainStorageSerializer serializer) : IGrainStorage
{
    private readonly ConcurrentDictionary<(GrainId Grain, string State), Record> _records = new();
    private long _version;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var found = _records.TryGetValue((grainId, stateName), out var record);
        grainState.RecordExists = found;
        grainState.ETag = record?.ETag;
        grainState.State = found ? serializer.Deserialize<T>(record!.Payload) : FreshState.Of<T>();
        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = (grainId, stateName);
        var fresh = new Record(serializer.Serialize(grainState.State), Interlocked.Increment(ref _version).ToString(CultureInfo.InvariantCulture));
        var stored = grainState.ETag is null
            ? _records.TryAdd(key, fresh)
            : _records.TryGetValue(key, out var record) && record.ETag == grainState.ETag && _records.TryUpdate(key, fresh, record);
        if (!stored)
        {
            return Stale(key, grainState.ETag);
        }

        grainState.ETag = fresh.ETag;
        grainState.RecordExists = true;
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var key = (grainId, stateName);
        var cleared = _records.TryGetValue(key, out var record)
            ? record.ETag == grainState.ETag && _records.TryRemove(KeyValuePair.Create(key, record))
            : grainState.ETag is null;
        if (!cleared)
        {
            return Stale(key, grainState.ETag);
        }

        grainState.ETag = null;
        grainState.RecordExists = false;
        grainState.State = FreshState.Of<T>();
        return Task.CompletedTask;
    }

    private Task Stale((GrainId Grain, string State) key, string? etag)
    {
        var stored = _records.GetValueOrDefault(key)?.ETag;
        return Task.FromException(new InconsistentStateException(
            $"State \"{key.State}\" of {key.Grain} is stored with ETag {stored ?? "none"}, and was last seen with {etag ?? "none"}.", stored, etag));
    }

    private sealed record Record(BinaryData Payload, string ETag);
}
