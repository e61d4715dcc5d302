using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Silo.Api;

/// <summary>An upload as it lies on disk, its text fields read and its files in a folder of its own.</summary>
/// <param name="Model">Name and version asked for.</param>
/// <param name="Input">How raw samples become the model's input.</param>
/// <param name="ModelFile">The ONNX file; not empty.</param>
/// <param name="DataFolder">External data files under the names that the model uses.</param>
/// <param name="Calibration">Calibration samples.</param>
/// <param name="Labels">Labels of the calibration samples.</param>
internal sealed record UploadForm(
    ModelId Model, InputScaling Input, UploadedFile ModelFile, string DataFolder, UploadedFile? Calibration, UploadedFile? Labels);

/// <summary>A file of an upload.</summary>
/// <param name="Name">As the sender calls it; for messages, never a path.</param>
/// <param name="Path">Where it lies.</param>
internal sealed record UploadedFile(string Name, string Path);
