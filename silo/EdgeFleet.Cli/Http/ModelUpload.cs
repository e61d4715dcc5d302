using System.Globalization;
using System.Net.Http.Headers;

namespace EdgeFleet.Cli.Http;

/// <summary>A model with what belongs to it, as it goes to <c>POST /api/v1/models</c>.</summary>
internal sealed record ModelUpload(string Name, string Version, FileInfo Model)
{
    /// <summary>External data files that the model names.</summary>
    public IReadOnlyList<FileInfo> Data { get; init; } = [];

    public FileInfo? Calibration { get; init; }

    /// <summary>Of the calibration samples.</summary>
    public FileInfo? Labels { get; init; }

    public float Divisor { get; init; } = 255f;

    public float Mean { get; init; }

    public float StdDev { get; init; } = 1f;

    /// <summary>Opens every file; the form owns them.</summary>
    /// <exception cref="IOException">One can't be opened.</exception>
    public MultipartFormDataContent ToForm()
    {
        var form = new MultipartFormDataContent();
        Text("name", Name);
        Text("version", Version);
        Text("divisor", Divisor.ToString("R", CultureInfo.InvariantCulture));
        Text("mean", Mean.ToString("R", CultureInfo.InvariantCulture));
        Text("stddev", StdDev.ToString("R", CultureInfo.InvariantCulture));
        File("model", Model);
        foreach (var file in Data)
        {
            File("data", file);
        }

        File("calibration", Calibration);
        File("labels", Labels);
        return form;

        void Text(string part, string value) => form.Add(new StringContent(value), part);

        void File(string part, FileInfo? file)
        {
            if (file is not null)
            {
                var content = new StreamContent(file.OpenRead());
                content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                form.Add(content, part, file.Name);
            }
        }
    }
}
