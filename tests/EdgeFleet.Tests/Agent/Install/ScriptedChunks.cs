using EdgeFleet.Agent.Install;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Tests.Agent.Install;

/// <summary>Answers chunk requests from bytes, in the way that a test sets.</summary>
internal sealed class ScriptedChunks(byte[] bytes, int chunkBytes) : IChunkTransport
{
    private Action<ReadOnlyMemory<byte>>? _sink;

    /// <summary>Gets the chunks asked for and sends what it likes; by default all of them in order.</summary>
    public Action<IReadOnlyList<BlobChunk>, Action<ReadOnlyMemory<byte>>> Send { get; set; } = (asked, sink) =>
    {
        foreach (var chunk in asked)
        {
            sink(chunk.Encode());
        }
    };

    /// <summary>Indexes asked for, per request.</summary>
    public List<List<int>> Requests { get; } = [];

    public int Subscriptions { get; private set; }

    public bool Connected { get; set; } = true;

    public static List<int> Indexes(int offset, byte[] missing) =>
        [.. Enumerable.Range(0, missing.Length * 8).Where(i => (missing[i >> 3] & (1 << (i & 7))) != 0).Select(i => offset + i)];

    public static BlobChunk Chunk(byte[] bytes, int chunkBytes, int index)
    {
        var start = index * chunkBytes;
        return new BlobChunk(
            index, BlobChunk.CountFor(bytes.Length, chunkBytes), bytes.Length, bytes.AsMemory(start, Math.Min(chunkBytes, bytes.Length - start)));
    }

    public Task<IAsyncDisposable> OpenAsync(Sha256Digest artifact, Action<ReadOnlyMemory<byte>> sink, CancellationToken cancellationToken)
    {
        _sink = sink;
        Subscriptions++;
        return Task.FromResult<IAsyncDisposable>(new Subscription(this));
    }

    public Task RequestAsync(ChunkRequest request, CancellationToken cancellationToken)
    {
        var asked = Indexes(request.Offset, request.Missing);
        Requests.Add(asked);
        var sink = _sink!;
        var chunks = asked.Select(i => Chunk(bytes, chunkBytes, i)).ToList();
        return Task.Run(() => Send(chunks, sink), CancellationToken.None);
    }

    private sealed class Subscription(ScriptedChunks owner) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            owner.Subscriptions--;
            return ValueTask.CompletedTask;
        }
    }
}
