using System.Buffers.Binary;
using System.Text.Json;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Telemetry;

namespace EdgeFleet.Agent.State;

/// <summary>Telemetry that the silo has not acknowledged yet: durable, numbered without gaps, bounded.</summary>
/// <remarks>
/// An append-only file of checksummed records; a torn tail is cut when it is opened. When <see cref="Capacity"/> is reached, batches that
/// can't have been sent yet (those beyond the window of <see cref="Window"/> after the last acknowledgement) are merged in pairs per
/// variant and numbered anew, so that nothing is lost but resolution in time. Safe for concurrent callers.
/// </remarks>
internal sealed class Outbox : IDisposable
{
    /// <summary>How many batches may be under way without acknowledgement.</summary>
    public const int Window = 16;

    private const int SlackBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly DeviceId _device;
    private readonly Guid _incarnation;
    private List<TelemetryBatch> _pending = [];
    private FileStream _file = null!;
    private long _pendingBytes;
    private long _last;
    private long _acked;

    /// <summary>Opens the outbox of a folder. Batches of another incarnation are taken over under new numbers.</summary>
    /// <param name="capacity">Batches kept at most, apart from one per variant; at least four windows.</param>
    public Outbox(string folder, DeviceId device, Guid incarnation, int capacity = 2048)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 4 * Window);
        _path = Path.Combine(folder, "outbox.log");
        _device = device;
        _incarnation = incarnation;
        Capacity = capacity;
        Recover();
    }

    public int Capacity { get; }

    /// <summary>Batches not acknowledged.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    public long LastSequence
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    public long AckedUpTo
    {
        get
        {
            lock (_gate)
            {
                return _acked;
            }
        }
    }

    /// <summary>Numbers the batches of one period and writes them all or none; on the disk when it returns.</summary>
    /// <exception cref="IOException">The disk refused; none of them is in the outbox.</exception>
    public void Append(IReadOnlyList<TelemetryBatch> batches)
    {
        lock (_gate)
        {
            if (_pending.Count + batches.Count > Capacity)
            {
                Thin();
            }

            var bytes = new List<byte>();
            var numbered = new List<TelemetryBatch>(batches.Count);
            foreach (var batch in batches)
            {
                numbered.Add(batch with { Device = _device, Incarnation = _incarnation, Sequence = _last + 1 + numbered.Count });
                new OutboxRecord(OutboxRecord.Batch, Serialize(numbered[^1])).AppendTo(bytes);
            }

            Write(bytes);
            _pending.AddRange(numbered);
            _pendingBytes += bytes.Count;
            _last += numbered.Count;
        }
    }

    /// <summary>The batch with this number, if it is still pending and lies within the window.</summary>
    public TelemetryBatch? Find(long sequence)
    {
        lock (_gate)
        {
            var index = sequence - _acked - 1;
            return index >= 0 && index < Math.Min(Window, _pending.Count) ? _pending[(int)index] : null;
        }
    }

    /// <summary>Forgets all up to a number that the silo acknowledged; false where that is nothing new.</summary>
    public bool Acknowledge(long upTo)
    {
        lock (_gate)
        {
            upTo = Math.Min(upTo, _acked + Math.Min(Window, _pending.Count));
            if (upTo <= _acked)
            {
                return false;
            }

            var payload = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(payload, upTo);
            var bytes = new List<byte>();
            new OutboxRecord(OutboxRecord.Ack, payload).AppendTo(bytes);
            Write(bytes);
            var count = (int)(upTo - _acked);
            for (var i = 0; i < count; i++)
            {
                _pendingBytes -= Serialize(_pending[i]).Length;
            }

            _pending.RemoveRange(0, count);
            _acked = upTo;
            if (_file.Length > (2 * Math.Max(0, _pendingBytes)) + SlackBytes)
            {
                Rewrite(_pending, _last);
            }

            return true;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file.Dispose();
        }
    }

    private static byte[] Serialize(TelemetryBatch batch) => JsonSerializer.SerializeToUtf8Bytes(batch, WireJson.Default.TelemetryBatch);

    private void Recover()
    {
        var bytes = File.Exists(_path) ? File.ReadAllBytes(_path) : [];
        var records = OutboxRecord.ReadAll(bytes, out var valid);
        var header = records is [{ Kind: OutboxRecord.Header } first, ..]
            ? JsonSerializer.Deserialize(first.Payload.Span, AgentJson.Default.OutboxHeader)
            : null;
        if (header is null)
        {
            Rewrite([], 0);
            return;
        }

        _last = header.LastSequence;
        _acked = header.AckedUpTo;
        foreach (var record in records.Skip(1))
        {
            if (record.Kind == OutboxRecord.Batch)
            {
                var batch = JsonSerializer.Deserialize(record.Payload.Span, WireJson.Default.TelemetryBatch)!;
                _pending.Add(batch);
                _last = Math.Max(_last, batch.Sequence);
            }
            else if (record.Kind == OutboxRecord.Ack)
            {
                _acked = Math.Max(_acked, BinaryPrimitives.ReadInt64LittleEndian(record.Payload.Span));
            }
        }

        _pending.RemoveAll(b => b.Sequence <= _acked);
        if (header.Incarnation != _incarnation)
        {
            _acked = 0;
            Rewrite(Renumber(_pending, 1), _pending.Count);
        }
        else if (valid != bytes.Length)
        {
            Rewrite(_pending, _last);
        }
        else
        {
            _pendingBytes = _pending.Sum(b => (long)Serialize(b).Length);
            _file = OpenFile();
        }
    }

    private List<TelemetryBatch> Renumber(IEnumerable<TelemetryBatch> batches, long from) =>
        [.. batches.Select((b, i) => b with { Incarnation = _incarnation, Sequence = from + i })];

    /// <summary>Merges, in pairs per variant, what can't have been sent.</summary>
    private void Thin()
    {
        var kept = _pending.Take(Window).ToList();
        var open = new Dictionary<Sha256Digest, int>();
        var merged = new List<TelemetryBatch>();
        foreach (var batch in _pending.Skip(Window))
        {
            if (open.Remove(batch.Variant, out var at))
            {
                merged[at] = Merge(merged[at], batch);
            }
            else
            {
                open[batch.Variant] = merged.Count;
                merged.Add(batch);
            }
        }

        var all = Renumber(kept.Concat(merged), _acked + 1);
        Rewrite(all, _acked + all.Count);
    }

    private static TelemetryBatch Merge(TelemetryBatch a, TelemetryBatch b) => a with
    {
        From = a.From < b.From ? a.From : b.From,
        To = a.To > b.To ? a.To : b.To,
        Inferences = a.Inferences + b.Inferences,
        Errors = a.Errors + b.Errors,
        Labelled = a.Labelled + b.Labelled,
        Correct = a.Correct + b.Correct,
        Latency = a.Latency.Add(b.Latency),
    };

    /// <summary>Replaces the file at once by one that holds only what is pending.</summary>
    private void Rewrite(List<TelemetryBatch> pending, long last)
    {
        var bytes = new List<byte>();
        var lastBefore = pending.Count > 0 ? pending[0].Sequence - 1 : last;
        var header = new OutboxHeader(_incarnation, lastBefore, _acked);
        new OutboxRecord(OutboxRecord.Header, JsonSerializer.SerializeToUtf8Bytes(header, AgentJson.Default.OutboxHeader)).AppendTo(bytes);
        foreach (var batch in pending)
        {
            new OutboxRecord(OutboxRecord.Batch, Serialize(batch)).AppendTo(bytes);
        }

        DurableFile.Replace(_path, [.. bytes]);
        _file?.Dispose();
        _file = OpenFile();
        _pending = pending;
        _pendingBytes = bytes.Count;
        _last = last;
    }

    private FileStream OpenFile()
    {
        var file = new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.Read, bufferSize: 0);
        file.Seek(0, SeekOrigin.End);
        return file;
    }

    private void Write(List<byte> bytes)
    {
        var end = _file.Length;
        try
        {
            _file.Write([.. bytes]);
            _file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Half a record must not stay in front of the next one.
            _file.SetLength(end);
            _file.Seek(end, SeekOrigin.Begin);
            throw;
        }
    }
}
