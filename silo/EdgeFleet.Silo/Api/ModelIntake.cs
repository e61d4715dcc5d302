using System.Security.Cryptography;
using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.GrainContracts;
using EdgeFleet.Silo.Artifacts;
using EdgeFleet.Silo.Storage;
using EdgeFleet.Silo.Variants;
using Microsoft.Extensions.Options;
using Orleans;

namespace EdgeFleet.Silo.Api;

/// <summary>Checks an upload from end to end, and only then stores anything of it.</summary>
internal sealed class ModelIntake(
    IModelRunner runner, ArtifactStore artifacts, IGrainFactory grains, FleetStore fleet, TimeProvider time, IOptions<UploadOptions> options)
    : IDisposable
{
    private const int MostProblems = 20;

    private readonly SemaphoreSlim _places = new(options.Value.Concurrency);

    /// <returns>The manifest, and false when the very same model was there before.</returns>
    /// <exception cref="ApiException">409 for another model under this id; 422 with the offending node or file for an unusable one.</exception>
    public async Task<(ModelManifest Manifest, bool IsNew)> TakeAsync(UploadForm form, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            return await CheckAndStoreAsync(form, cancellationToken);
        }
        catch (CompressionInputException e)
        {
            throw Refuse(form, "data", e.Subject, e.Message, []);
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<(ModelManifest Manifest, bool IsNew)> CheckAndStoreAsync(UploadForm form, CancellationToken cancellationToken)
    {
        var source = await File.ReadAllBytesAsync(form.ModelFile.Path, cancellationToken);
        var external = new ExternalDataFolder(form.DataFolder);
        var inspection = ModelInspector.Inspect(source, external, runner);
        if (!inspection.IsAcceptable)
        {
            var first = inspection.Problems[0];
            throw Refuse(form, first.Kind, first.Subject, first.Message, inspection.Problems);
        }

        await CheckCalibrationAsync(form, inspection, cancellationToken);
        var model = ModelInspector.FoldExternalData(source, external);
        var grain = grains.GetGrain<IModelGrain>(form.Model.Value);
        if (await grain.GetManifest() is { } there)
        {
            // Another calibration under the same id would change what its variants mean.
            return IsSame(there, model, form)
                ? (there, false)
                : throw ApiException.Conflict($"Another model is stored as '{form.Model}': choose another version.");
        }

        var manifest = new ModelManifest(
            form.Model,
            await artifacts.PutAsync(model, cancellationToken),
            form.Calibration is null ? null : await artifacts.PutFileAsync(form.Calibration.Path, cancellationToken),
            form.Labels is null ? null : await artifacts.PutFileAsync(form.Labels.Path, cancellationToken),
            form.Input,
            [.. inspection.Inputs.Select(Spec)],
            [.. inspection.Outputs.Select(Spec)],
            inspection.Opset,
            inspection.Parameters,
            inspection.Operators,
            time.GetUtcNow());
        try
        {
            await grain.Publish(manifest);
        }
        catch (InvalidOperationException e)
        {
            throw ApiException.Conflict(e.Message);
        }

        if (fleet.Model(form.Model) is null && await grain.Describe() is { } view)
        {
            fleet.ModelChanged(view);
        }

        await fleet.FlushAsync(cancellationToken);
        return (manifest, true);
    }

    public void Dispose() => _places.Dispose();

    private static async Task CheckCalibrationAsync(UploadForm form, ModelInspection inspection, CancellationToken cancellationToken)
    {
        if (form.Calibration is not { } file)
        {
            return;
        }

        var samples = CalibrationFiles.Samples(await File.ReadAllBytesAsync(file.Path, cancellationToken), file.Name, form.Input);
        CalibrationFiles.CheckShape(samples, inspection.Inputs);
        if (form.Labels is { } labels)
        {
            _ = CalibrationFiles.Labels(await File.ReadAllBytesAsync(labels.Path, cancellationToken), labels.Name, samples);
        }
    }

    private static bool IsSame(ModelManifest there, ReadOnlyMemory<byte> model, UploadForm form) =>
        there.Artifact.Sha256 == Sha256Digest.Of(model.Span)
        && there.Input == form.Input
        && there.Calibration?.Sha256 == DigestOf(form.Calibration)
        && there.Labels?.Sha256 == DigestOf(form.Labels);

    private static Sha256Digest? DigestOf(UploadedFile? file)
    {
        if (file is null)
        {
            return null;
        }

        using var stream = File.OpenRead(file.Path);
        return new Sha256Digest(Convert.ToHexStringLower(SHA256.HashData(stream)));
    }

    private static TensorSpec Spec(ModelTensorInfo tensor) => new(tensor.Name, OnnxElementTypes.NameOf(tensor.ElementType), tensor.Dimensions);

    private static ApiException Refuse(UploadForm form, string kind, string? subject, string message, IReadOnlyList<ModelProblem> problems) => new(
        StatusCodes.Status422UnprocessableEntity,
        "Model refused",
        message,
        new Dictionary<string, object?>
        {
            ["kind"] = kind,
            ["subject"] = subject,
            ["file"] = form.ModelFile.Name,
            ["problems"] = problems.Take(MostProblems).Select(p => p.Message).ToArray(),
        });
}
