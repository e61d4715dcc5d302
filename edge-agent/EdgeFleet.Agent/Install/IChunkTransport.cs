using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Agent.Install;

/// <summary>Where chunks come from.</summary>
internal interface IChunkTransport
{
    bool Connected { get; }

    /// <summary>Lets chunks of an artifact in until the result is disposed. The sink is called by one thread, must be quick and must not throw.</summary>
    Task<IAsyncDisposable> OpenAsync(Sha256Digest artifact, Action<ReadOnlyMemory<byte>> sink, CancellationToken cancellationToken);

    /// <summary>Asks for chunks.</summary>
    Task RequestAsync(ChunkRequest request, CancellationToken cancellationToken);
}
