using System.Globalization;
using System.Text;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace EdgeFleet.Silo.Api;

/// <summary>Reads a multipart upload part by part straight to disk; nothing of it is held in memory whole.</summary>
/// <param name="folder">Empty, and the reader's alone.</param>
/// <param name="limitBytes">For all parts together.</param>
internal sealed class UploadReader(string folder, long limitBytes)
{
    private const int MostParts = 256;
    private const int MostTextBytes = 4096;
    private const int BufferBytes = 128 * 1024;

    private static readonly string[] TextParts = ["name", "version", "divisor", "mean", "stddev"];
    private static readonly string[] FileParts = ["model", "data", "calibration", "labels"];

    private readonly Dictionary<string, string> _texts = [];
    private readonly Dictionary<string, UploadedFile> _files = [];
    private readonly HashSet<string> _dataNames = [];
    private long _taken;

    /// <exception cref="ApiException">400, 413 or 415 with what is wrong with which part.</exception>
    public async Task<UploadForm> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength is { } length && length > limitBytes + (64 * 1024))
        {
            throw TooLarge($"The upload announces {length} bytes.");
        }

        var reader = new MultipartReader(Boundary(request), request.Body, BufferBytes) { BodyLengthLimit = null };
        Directory.CreateDirectory(DataFolder);
        try
        {
            for (var parts = 0; await reader.ReadNextSectionAsync(cancellationToken) is { } section; parts++)
            {
                if (parts == MostParts)
                {
                    throw ApiException.BadRequest($"More than {MostParts} parts came.");
                }

                await TakeAsync(section, cancellationToken);
            }
        }
        catch (Exception e) when ((e is IOException or InvalidDataException) && e is not BadHttpRequestException)
        {
            throw ApiException.BadRequest($"The multipart body is broken: {e.Message}");
        }

        return ToForm();
    }

    private string DataFolder => Path.Combine(folder, "data");

    private static string Boundary(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || type.MediaType != "multipart/form-data")
        {
            throw new ApiException(
                StatusCodes.Status415UnsupportedMediaType, "Unsupported media type", $"'{request.ContentType}' came: send multipart/form-data.");
        }

        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        return boundary is { Length: > 0 and <= 200 } ? boundary : throw ApiException.BadRequest("The content type has no usable boundary.");
    }

    private async Task TakeAsync(MultipartSection section, CancellationToken cancellationToken)
    {
        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
            || HeaderUtilities.RemoveQuotes(disposition.Name).Value is not { Length: > 0 } name)
        {
            throw ApiException.BadRequest("A part has no name.");
        }

        if (TextParts.Contains(name, StringComparer.Ordinal))
        {
            if (!_texts.TryAdd(name, await ReadTextAsync(name, section.Body, cancellationToken)))
            {
                throw ApiException.BadRequest($"The part '{name}' came twice.");
            }
        }
        else if (FileParts.Contains(name, StringComparer.Ordinal))
        {
            var fileName = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value;
            await TakeFileAsync(name, fileName ?? name, section.Body, cancellationToken);
        }
        else
        {
            throw ApiException.BadRequest($"There is no part '{name}': send {string.Join(", ", TextParts)} as text and {string.Join(", ", FileParts)} as files.");
        }
    }

    private async Task TakeFileAsync(string part, string fileName, Stream body, CancellationToken cancellationToken)
    {
        if (part == "data")
        {
            // The one name that becomes a path: a plain file name, and no other file's.
            if (!Identifier.IsValid(fileName) || !_dataNames.Add(fileName))
            {
                throw Fault($"'{fileName}' is no name for an external data file, or came twice: a plain file name as in the model, without folders.", fileName);
            }

            await CopyAsync(body, Path.Combine(DataFolder, fileName), cancellationToken);
            return;
        }

        var path = Path.Combine(folder, part);
        if (!_files.TryAdd(part, new UploadedFile(fileName, path)))
        {
            throw ApiException.BadRequest($"The part '{part}' came twice.");
        }

        if (await CopyAsync(body, path, cancellationToken) == 0)
        {
            throw Fault($"The file '{fileName}' ({part}) is empty.", fileName);
        }
    }

    private async Task<long> CopyAsync(Stream body, string path, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
        var buffer = new byte[BufferBytes];
        long size = 0;
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
        {
            size += read;
            Count(read);
            try
            {
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
            catch (IOException e)
            {
                throw new ApiException(StatusCodes.Status507InsufficientStorage, "No room", $"The upload can't be written: {e.Message}");
            }
        }

        return size;
    }

    private async Task<string> ReadTextAsync(string name, Stream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[MostTextBytes + 1];
        var size = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        Count(size);
        return size <= MostTextBytes
            ? Encoding.UTF8.GetString(buffer, 0, size)
            : throw ApiException.BadRequest($"The part '{name}' has more than {MostTextBytes} bytes.");
    }

    private void Count(int bytes)
    {
        _taken += bytes;
        if (_taken > limitBytes)
        {
            throw TooLarge($"More than {limitBytes} bytes came.");
        }
    }

    private UploadForm ToForm()
    {
        var model = ModelId.Of(Text("name"), Text("version"));
        var input = new InputScaling(Number("divisor", 255f), Number("mean", 0f), Number("stddev", 1f));
        if (input.Divisor == 0 || input.StdDev == 0)
        {
            throw ApiException.BadRequest("divisor and stddev can't be 0.");
        }

        var file = _files.GetValueOrDefault("model") ?? throw ApiException.BadRequest("The part 'model', the ONNX file, is missing.");
        if (_files.ContainsKey("labels") && !_files.ContainsKey("calibration"))
        {
            throw ApiException.BadRequest("The part 'labels' came without 'calibration', whose labels they are.");
        }

        return new UploadForm(model, input, file, DataFolder, _files.GetValueOrDefault("calibration"), _files.GetValueOrDefault("labels"));
    }

    private string Text(string part) => _texts.GetValueOrDefault(part) ?? throw ApiException.BadRequest($"The part '{part}' is missing.");

    private float Number(string part, float otherwise) =>
        !_texts.TryGetValue(part, out var text) ? otherwise
        : float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && float.IsFinite(number) ? number
        : throw ApiException.BadRequest($"'{text}' is not a number for {part}.");

    private ApiException TooLarge(string what) =>
        ApiException.TooLarge($"{what} At most {limitBytes} bytes are taken (setting Upload:MaxMegabytes, option --max-upload-mb).");

    private static ApiException Fault(string detail, string file) =>
        new(StatusCodes.Status400BadRequest, "Bad request", detail, new Dictionary<string, object?> { ["file"] = file });
}
