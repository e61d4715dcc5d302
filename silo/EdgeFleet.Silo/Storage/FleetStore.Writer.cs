using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeFleet.Contracts.Json;

namespace EdgeFleet.Silo.Storage;

/// <content>The way to disk and back.</content>
internal sealed partial class FleetStore
{
    private Task _flushing = Task.CompletedTask;

    /// <summary>After the first change a short pause, so that many share a transaction; ended early by a flush.</summary>
    private async Task WriteLoopAsync()
    {
        while (true)
        {
            try
            {
                await _work.WaitAsync(_stop.Token);
                await Task.WhenAny(_hurry.Task, Task.Delay(Pause, _time, _stop.Token));
            }
            catch (OperationCanceledException)
            {
                WriteDirty();
                return;
            }

            WriteDirty();
        }
    }

    private void WriteDirty()
    {
        HashSet<FleetChange> dirty;
        TaskCompletionSource flush;
        lock (_gate)
        {
            if (_dirty.Count == 0)
            {
                return;
            }

            dirty = _dirty;
            _dirty = [];
            flush = _nextFlush;
            _nextFlush = NewFlush();
            _flushing = flush.Task;
            _hurry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        try
        {
            _database.Write(dirty.Select(ToRow));
            _trouble = null;
            flush.SetResult();
        }
        catch (Exception e)
        {
            _trouble = e.Message;
            LogWriteFailed(dirty.Count, e);
            lock (_gate)
            {
                _dirty.UnionWith(dirty);
            }

            flush.SetException(e);
            RetryLater();
        }
    }

    private void RetryLater() => _ = Task.Delay(TimeSpan.FromSeconds(1), _time, _stop.Token).ContinueWith(
        _ =>
        {
            lock (_gate)
            {
                Wake();
            }
        },
        _stop.Token,
        TaskContinuationOptions.OnlyOnRanToCompletion,
        TaskScheduler.Default);

    private FleetRow ToRow(FleetChange change) => new(change.Entity, change.Id, change.Entity switch
    {
        FleetEntity.Device => JsonSerializer.Serialize(_devices[change.Id], WireJson.Default.DeviceView),
        FleetEntity.Model => JsonSerializer.Serialize(_models[change.Id], WireJson.Default.ModelView),
        _ => JsonSerializer.Serialize(_rollouts[change.Id], WireJson.Default.RolloutInfo),
    });

    /// <summary>A document that can't be read any more is left out, with a word about it: its grain will tell anew.</summary>
    private void Load(FleetRow row)
    {
        try
        {
            switch (row.Entity)
            {
                case FleetEntity.Device:
                    _devices[row.Id] = Read(row, WireJson.Default.DeviceView);
                    break;
                case FleetEntity.Model:
                    _models[row.Id] = Read(row, WireJson.Default.ModelView);
                    break;
                default:
                    _rollouts[row.Id] = Read(row, WireJson.Default.RolloutInfo);
                    break;
            }
        }
        catch (JsonException e)
        {
            LogUnreadable(row.Entity, row.Id, e.Message);
        }
    }

    private static T Read<T>(FleetRow row, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(row.Json, type) ?? throw new JsonException("the document is null");

    [LoggerMessage(EventId = 1101, Level = LogLevel.Error, Message = "The projection of {Count} things could not be written; it is tried again")]
    private partial void LogWriteFailed(int count, Exception exception);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Warning, Message = "{Entity} {Id} in the projection can't be read and is left out: {Reason}")]
    private partial void LogUnreadable(FleetEntity entity, string id, string reason);
}
