using System.Collections.Concurrent;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Grains.Ports;

namespace EdgeFleet.Tests.Grains;

/// <summary>A producer that counts, and makes what the test says.</summary>
internal sealed class ScriptedProducer : IVariantProducer
{
    private readonly ConcurrentQueue<(ModelId Model, CompressionProfile Profile)> _calls = new();

    public IReadOnlyList<(ModelId Model, CompressionProfile Profile)> Calls => [.. _calls];

    /// <summary>Holds every production until it is done.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public Func<ModelManifest, CompressionProfile, VariantInfo> Makes { get; set; } = Ready;

    public static Sha256Digest DigestOf(string model, CompressionProfile profile) => Some.Digest($"{model}/{profile}");

    public static VariantInfo Ready(ModelManifest manifest, CompressionProfile profile) => new(
        manifest.Artifact.Sha256, profile, VariantStatus.Ready, new ArtifactRef(DigestOf(manifest.Model.Value, profile), 1000), Some.Artifact("golden"),
        new QualityReport(512, 1, 1, double.NaN, null, null, 1000, 4000, 0.7, 0.95), null, null);

    public static VariantInfo Not(ModelManifest manifest, CompressionProfile profile, VariantStatus status) =>
        new(manifest.Artifact.Sha256, profile, status, null, null, null, $"scripted {status}", null);

    public async Task<VariantInfo> ProduceAsync(ModelManifest manifest, CompressionProfile profile, CancellationToken cancellationToken)
    {
        _calls.Enqueue((manifest.Model, profile));
        await Gate.WaitAsync(cancellationToken);
        return Makes(manifest, profile);
    }
}
