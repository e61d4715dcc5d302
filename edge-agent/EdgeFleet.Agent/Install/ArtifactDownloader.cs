using EdgeFleet.Agent.State;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Mqtt;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Agent.Install;

/// <summary>How a download ended.</summary>
/// <param name="Failure"><see cref="InstallFailure.None"/> when the artifact is held.</param>
internal sealed record DownloadOutcome(InstallFailure Failure, string? Message, long BytesReceived);

/// <summary>Fetches artifacts in chunks, whatever of them gets lost, doubled, damaged or comes late.</summary>
internal sealed partial class ArtifactDownloader(
    DeviceId device,
    IChunkTransport transport,
    ArtifactStore store,
    InstallOptions options,
    TimeProvider time,
    Random random,
    ILogger<ArtifactDownloader> logger)
{
    private const int Rounds = 2;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns when the artifact is held and hashed, or has failed for this generation. Cancelled, it keeps what it has for next time.</summary>
    public async Task<DownloadOutcome> FetchAsync(ArtifactRef artifact, int chunkBytes, CancellationToken cancellationToken)
    {
        long before = 0;
        for (var round = 1; ; round++)
        {
            PartialArtifact partial;
            try
            {
                partial = store.OpenPartial(artifact, chunkBytes);
            }
            catch (IOException e)
            {
                return Refused(artifact, e, before);
            }

            using (partial)
            {
                LogStarted(artifact.Sha256.Short, artifact.SizeBytes, partial.Held, partial.Count);
                DownloadOutcome? failed;
                try
                {
                    failed = await FillAsync(artifact, chunkBytes, partial, cancellationToken);
                    if (failed is null && await Task.Run(() => partial.TryFinish(store.PathOf(artifact.Sha256)), cancellationToken))
                    {
                        LogDone(artifact.Sha256.Short, partial.BytesReceived);
                        return new DownloadOutcome(InstallFailure.None, null, before + partial.BytesReceived);
                    }
                }
                catch (MqttLinkException e)
                {
                    failed = new DownloadOutcome(InstallFailure.Download, $"The broker refused the chunks of {artifact.Sha256.Short}: {e.Message}", 0);
                }
                catch (IOException e)
                {
                    failed = Refused(artifact, e, 0);
                }

                before += partial.BytesReceived;
                if (failed is not null)
                {
                    // What was fetched goes: on a full disk its room is needed, and the same generation is not tried again.
                    partial.Delete();
                    return failed with { BytesReceived = before };
                }

                if (round == Rounds)
                {
                    var message = $"The bytes of {artifact.Sha256.Short} do not have its digest, fetched {Rounds} times.";
                    return new DownloadOutcome(InstallFailure.Download, message, before);
                }

                LogWrongDigest(artifact.Sha256.Short);
            }
        }
    }

    private static DownloadOutcome Refused(ArtifactRef artifact, IOException e, long received) =>
        DurableFile.IsDiskFull(e)
            ? new(InstallFailure.DiskFull, $"No room for the {artifact.SizeBytes} bytes of {artifact.Sha256.Short}: {e.Message}", received)
            : new(InstallFailure.Download, $"The disk refused {artifact.Sha256.Short}: {e.Message}", received);

    private async Task<DownloadOutcome?> FillAsync(ArtifactRef artifact, int chunkBytes, PartialArtifact partial, CancellationToken cancellationToken)
    {
        if (partial.Complete)
        {
            return null;
        }

        using var progress = new Progress(time);
        await using var open = await transport.OpenAsync(artifact.Sha256, m => progress.Take(partial, m), cancellationToken);
        try
        {
            var (connected, idle, stall) = (TimeSpan.Zero, TimeSpan.Zero, options.Stall);
            var held = partial.Held;
            long? asked = null;
            while (!partial.Complete)
            {
                if (progress.Fault is { } fault)
                {
                    return Refused(artifact, fault, partial.BytesReceived);
                }

                var limit = progress.Ragged ? options.Quiet : stall;
                if (transport.Connected && (asked is null || progress.SilenceSince(asked.Value) >= limit))
                {
                    if (asked is not null && !progress.Ragged)
                    {
                        var doubled = TimeSpan.FromTicks(Math.Min(stall.Ticks * 2, options.StallMax.Ticks));
                        stall = doubled * (0.75 + (0.25 * random.NextDouble()));
                        LogStalled(artifact.Sha256.Short, partial.Held, partial.Count);
                    }

                    var (offset, missing, last) = partial.Missing();
                    progress.Asked(last);
                    await transport.RequestAsync(new ChunkRequest(device, artifact.Sha256, chunkBytes, offset, missing), cancellationToken);
                    asked = time.GetTimestamp();
                }

                var start = time.GetTimestamp();
                await progress.WaitAsync(TimeSpan.FromTicks(Math.Min(Tick.Ticks, Math.Max(limit.Ticks, options.Quiet.Ticks))), cancellationToken);
                partial.Flush();
                if (partial.Held > held)
                {
                    (held, idle, stall) = (partial.Held, TimeSpan.Zero, options.Stall);
                }

                if (transport.Connected)
                {
                    var passed = time.GetElapsedTime(start);
                    (connected, idle) = (connected + passed, idle + passed);
                }

                if (idle >= options.NoProgressLimit || connected >= options.DownloadLimit)
                {
                    var bound = idle >= options.NoProgressLimit ? $"no new chunk came for {idle.TotalSeconds:0} s" : $"it took more than {connected.TotalSeconds:0} s";
                    return new DownloadOutcome(
                        InstallFailure.Download, $"{artifact.Sha256.Short} has {partial.Held} of {partial.Count} chunks, and {bound}.", partial.BytesReceived);
                }
            }

            return null;
        }
        finally
        {
            progress.Close();
            if (!partial.Complete && progress.Fault is null)
            {
                partial.Flush();
            }
        }
    }

    [LoggerMessage(EventId = 5101, Level = LogLevel.Information, Message = "Fetching {Artifact} ({SizeBytes} bytes), {Held} of {Count} chunks are held")]
    private partial void LogStarted(string artifact, long sizeBytes, int held, int count);

    [LoggerMessage(EventId = 5102, Level = LogLevel.Information, Message = "Fetched {Artifact}, {BytesReceived} bytes came over the wire")]
    private partial void LogDone(string artifact, long bytesReceived);

    [LoggerMessage(EventId = 5103, Level = LogLevel.Debug, Message = "Chunks of {Artifact} stopped coming at {Held} of {Count}; asking again")]
    private partial void LogStalled(string artifact, int held, int count);

    [LoggerMessage(EventId = 5104, Level = LogLevel.Warning, Message = "All chunks of {Artifact} came, but not with its digest; fetching it once more")]
    private partial void LogWrongDigest(string artifact);

    /// <summary>What came in since the last request.</summary>
    private sealed class Progress(TimeProvider time) : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly SemaphoreSlim _wake = new(0, 1);
        private long _lastChunk = time.GetTimestamp();
        private int _lastAsked = -1;
        private bool _closed;

        public IOException? Fault { get; private set; }

        /// <summary>The row of chunks ended or has holes that are known: no need to wait for long.</summary>
        public bool Ragged { get; private set; }

        public void Take(PartialArtifact partial, ReadOnlyMemory<byte> message)
        {
            lock (_gate)
            {
                if (_closed || Fault is not null)
                {
                    return;
                }

                try
                {
                    var taken = partial.Accept(message, out var index);
                    Ragged |= taken is PartialArtifact.Taken.Damaged || index == _lastAsked;
                    if (taken is PartialArtifact.Taken.New or PartialArtifact.Taken.Damaged)
                    {
                        _lastChunk = time.GetTimestamp();
                    }
                }
                catch (IOException e)
                {
                    Fault = e;
                }

                if ((Fault is not null || Ragged || partial.Complete) && _wake.CurrentCount == 0)
                {
                    _wake.Release();
                }
            }
        }

        public void Asked(int last)
        {
            lock (_gate)
            {
                _lastAsked = last;
                Ragged = false;
            }
        }

        public TimeSpan SilenceSince(long asked)
        {
            lock (_gate)
            {
                return time.GetElapsedTime(Math.Max(asked, _lastChunk));
            }
        }

        public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
        {
            using var timeout = new CancellationTokenSource(atMost, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                await _wake.WaitAsync(both.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The time is over; the caller looks again.
            }
        }

        public void Close()
        {
            lock (_gate)
            {
                _closed = true;
            }
        }

        public void Dispose() => _wake.Dispose();
    }
}
