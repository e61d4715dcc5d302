using System.Diagnostics;
using System.Text.Json;
using EdgeFleet.Compression;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Grains.Ports;
using EdgeFleet.Silo.Artifacts;
using Microsoft.Extensions.Options;

namespace EdgeFleet.Silo.Variants;

/// <summary>Produces variants with the compression engine, a few at a time, and stores each with its golden set.</summary>
internal sealed partial class VariantProducer(
    CompressionPipeline pipeline, ArtifactStore artifacts, TimeProvider time, IOptions<VariantOptions> options, ILogger<VariantProducer> logger)
    : IVariantProducer, IDisposable
{
    private readonly SemaphoreSlim _places = new(options.Value.Workers);

    public async Task<VariantInfo> ProduceAsync(ModelManifest manifest, CompressionProfile profile, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            var start = time.GetTimestamp();
            var variant = await ProduceNowAsync(manifest, profile, cancellationToken);
            var elapsed = (long)time.GetElapsedTime(start).TotalMilliseconds;
            LogProduced(manifest.Model, profile, variant.Status, elapsed, variant.Message);
            return variant;
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task<VariantInfo> ProduceNowAsync(ModelManifest manifest, CompressionProfile profile, CancellationToken cancellationToken)
    {
        try
        {
            var request = await ToRequestAsync(manifest, profile, cancellationToken);
            var result = await Task.Factory.StartNew(
                () => pipeline.Produce(request, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return result.IsAcceptable
                ? await StoreAsync(manifest, profile, result, cancellationToken)
                : Ended(manifest, profile, VariantStatus.Refused, result.RefusedBecause) with { Quality = QualityOf(result.Quality) };
        }
        catch (Exception e) when (e is CompressionInputException or TimeoutException or ModelRunException or InvalidDataException)
        {
            return Ended(manifest, profile, VariantStatus.Failed, e.Message);
        }
    }

    private async Task<CompressionRequest> ToRequestAsync(ModelManifest manifest, CompressionProfile profile, CancellationToken cancellationToken)
    {
        if (!CompressionKinds.TryParse(profile.Value, out var kind))
        {
            throw new UnreachableException($"The engine knows no profile {profile}.");
        }

        var model = await artifacts.ReadVerifiedAsync(manifest.Artifact.Sha256, cancellationToken);
        var request = new CompressionRequest(model, kind)
        {
            TimeLimit = TimeSpan.FromMinutes(options.Value.TimeLimitMinutes),
            LatencyRuns = options.Value.LatencyRuns,
        };
        if (manifest.Calibration is not { } calibration)
        {
            return request;
        }

        var samples = CalibrationFiles.Samples(
            await artifacts.ReadVerifiedAsync(calibration.Sha256, cancellationToken), "the calibration data", manifest.Input);
        return request with
        {
            Samples = new RequestSamples
            {
                Calibration = [samples],
                Labels = manifest.Labels is { } labels
                    ? CalibrationFiles.Labels(await artifacts.ReadVerifiedAsync(labels.Sha256, cancellationToken), "the labels", samples)
                    : null,
            },
        };
    }

    private async Task<VariantInfo> StoreAsync(
        ModelManifest manifest, CompressionProfile profile, CompressionResult result, CancellationToken cancellationToken)
    {
        var artifact = await artifacts.PutAsync(result.Model, cancellationToken);
        var golden = new GoldenSet(artifact.Sha256, [.. result.Golden.Cases.Select(Case)], result.Golden.Tolerance);
        var stored = await artifacts.PutAsync(JsonSerializer.SerializeToUtf8Bytes(golden, WireJson.Default.GoldenSet), cancellationToken);
        return Ended(manifest, profile, VariantStatus.Ready, null) with
        {
            Artifact = artifact,
            Golden = stored,
            Quality = QualityOf(result.Quality),
        };
    }

    private VariantInfo Ended(ModelManifest manifest, CompressionProfile profile, VariantStatus status, string? message) =>
        new(manifest.Artifact.Sha256, profile, status, null, null, null, message, time.GetUtcNow());

    private static GoldenCase Case(GoldenRun run) => new([.. run.Inputs.Select(Tensor)], [.. run.Outputs.Select(Tensor)]);

    private static GoldenTensor Tensor(ModelTensor tensor) => tensor.ElementType == Compression.Onnx.OnnxElementType.Float
        ? new GoldenTensor(tensor.Name, tensor.Dimensions, tensor.Data.ToArray())
        : throw new InvalidModelException(
            $"'{tensor.Name}' is {tensor.ElementType}: devices are given models with float inputs and outputs only.", tensor.Name);

    private static QualityReport QualityOf(QualityMeasurement quality) => new(
        quality.Samples,
        quality.Top1Agreement,
        quality.Cosine,
        quality.MaxAbsError,
        quality.Accuracy,
        quality.SourceAccuracy,
        quality.SizeBytes,
        quality.SourceSizeBytes,
        quality.LatencyRatio,
        quality.Floor);

    [LoggerMessage(EventId = 1501, Level = LogLevel.Information, Message = "Variant {Profile} of {Model} is {Status} after {ElapsedMs} ms. {Remark}")]
    private partial void LogProduced(ModelId model, CompressionProfile profile, VariantStatus status, long elapsedMs, string? remark);
}
