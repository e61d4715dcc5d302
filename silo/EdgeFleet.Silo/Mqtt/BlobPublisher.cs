using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Mqtt;
using EdgeFleet.Silo.Artifacts;
using EdgeFleet.Silo.Telemetry;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Sends the chunks that devices ask for, each once for all who wait for it, artifacts in turn.</summary>
/// <remarks>
/// Best effort: a chunk that is lost on the way is asked for again. The broker's acknowledgements (QoS 1) bound what is in flight, so a
/// slow broker slows the sender and nothing piles up.
/// </remarks>
internal sealed partial class BlobPublisher(
    IMqttLink link, ArtifactStore artifacts, FleetCounters counters, TimeProvider time, ILogger<BlobPublisher> logger) : IAsyncDisposable
{
    private static readonly TimeSpan GiveUp = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<(Sha256Digest Artifact, int ChunkBytes), BlobTransfer> _transfers = [];
    private readonly Queue<(Sha256Digest Artifact, int ChunkBytes)> _turns = new();
    private readonly SemaphoreSlim _pending = new(0);
    private readonly SemaphoreSlim _window = new(BlobLimits.ChunksInFlight);
    private readonly CancellationTokenSource _stop = new();
    private Task _worker = Task.CompletedTask;

    public void Start() => _worker = Task.Run(WorkAsync);

    /// <summary>Takes a request that kept <see cref="UpMessageRules"/>. False when there is no such artifact.</summary>
    public bool Request(ChunkRequest request)
    {
        lock (_gate)
        {
            var key = (request.Artifact, request.ChunkBytes);
            if (!_transfers.TryGetValue(key, out var transfer))
            {
                if (artifacts.Find(request.Artifact) is not { } artifact)
                {
                    return false;
                }

                if (_transfers.Count >= BlobLimits.MaxTransfers)
                {
                    LogBusy(request.Device, request.Artifact);
                    return true;
                }

                var file = File.OpenHandle(artifacts.RequirePath(request.Artifact), options: FileOptions.Asynchronous);
                transfer = new BlobTransfer(file, artifact.SizeBytes, request.ChunkBytes);
                _transfers.Add(key, transfer);
                _turns.Enqueue(key);
            }

            var before = transfer.Pending;
            transfer.Add(request.Offset, request.Missing);
            if (transfer.Pending > before)
            {
                _pending.Release(transfer.Pending - before);
            }
            else if (transfer.Pending == 0)
            {
                Close(key, transfer);
            }
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        await _worker;
        for (var i = 0; i < BlobLimits.ChunksInFlight; i++)
        {
            await _window.WaitAsync();
        }

        foreach (var transfer in _transfers.Values)
        {
            transfer.Dispose();
        }

        _stop.Dispose();
        _pending.Dispose();
        _window.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            while (true)
            {
                await _pending.WaitAsync(_stop.Token);
                await _window.WaitAsync(_stop.Token);
                await SendNextAsync();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    /// <summary>Owns one place in the window, and gives it back when the broker has the chunk or the chunk is given up.</summary>
    private async Task SendNextAsync()
    {
        var artifact = default(Sha256Digest);
        var sent = Task.CompletedTask;
        try
        {
            byte[]? message;
            (artifact, message) = await ReadNextAsync();
            if (message is not null)
            {
                sent = PublishAsync(artifact, message);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(artifact, e);
        }
        finally
        {
            _ = sent.ContinueWith(_ => _window.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task<(Sha256Digest Artifact, byte[]? Message)> ReadNextAsync()
    {
        (Sha256Digest Artifact, int ChunkBytes) key;
        BlobTransfer transfer;
        int chunk;
        bool last;
        lock (_gate)
        {
            if (!_turns.TryDequeue(out key) || !_transfers.TryGetValue(key, out var found) || !found.TryTake(out chunk))
            {
                return (default, null);
            }

            transfer = found;
            last = transfer.Pending == 0;
            if (last)
            {
                _transfers.Remove(key);
            }
            else
            {
                _turns.Enqueue(key);
            }
        }

        try
        {
            return (key.Artifact, await transfer.ReadAsync(chunk, _stop.Token));
        }
        finally
        {
            if (last)
            {
                transfer.Dispose();
            }
        }
    }

    private async Task PublishAsync(Sha256Digest artifact, byte[] message)
    {
        try
        {
            using var limit = new CancellationTokenSource(GiveUp, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
            await link.PublishAsync(new MqttMessage(Topics.Blob(artifact), message), either.Token);
            counters.ChunkPublished(message.Length - BlobChunk.HeaderBytes);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            LogGivenUp(artifact, e.Message);
        }
    }

    private void Close((Sha256Digest Artifact, int ChunkBytes) key, BlobTransfer transfer)
    {
        _transfers.Remove(key);
        transfer.Dispose();
    }

    [LoggerMessage(EventId = 1401, Level = LogLevel.Warning, Message = "Too many artifacts in delivery: a request of {Device} for {Artifact} is dropped; the device asks again")]
    private partial void LogBusy(DeviceId device, Sha256Digest artifact);

    [LoggerMessage(EventId = 1402, Level = LogLevel.Error, Message = "Artifact {Artifact} can't be read")]
    private partial void LogUnreadable(Sha256Digest artifact, Exception exception);

    [LoggerMessage(EventId = 1403, Level = LogLevel.Debug, Message = "A chunk of {Artifact} did not reach the broker ({Reason}); the device asks again")]
    private partial void LogGivenUp(Sha256Digest artifact, string reason);
}
