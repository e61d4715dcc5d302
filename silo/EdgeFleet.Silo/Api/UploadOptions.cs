using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace EdgeFleet.Silo.Api;

/// <summary>Bounds of a model upload. Section <c>Upload</c>.</summary>
internal sealed class UploadOptions
{
    public const string Section = "Upload";

    /// <summary>Largest upload in MiB, all its files together. 1 to 1,048,576; an ONNX model itself ends at 2048.</summary>
    [Range(1, 1_048_576)]
    public int MaxMegabytes { get; set; } = 2048;

    /// <summary>Uploads that are checked at once; others wait. 1 to 64.</summary>
    [Range(1, 64)]
    public int Concurrency { get; set; } = 2;

    public long MaxBytes => MaxMegabytes * 1024L * 1024L;
}

[OptionsValidator]
internal sealed partial class UploadOptionsValidator : IValidateOptions<UploadOptions>;
