using System.Globalization;

namespace EdgeFleet.Compression.Onnx;

/// <summary>Where a model's external tensor data may come from.</summary>
public interface IExternalData
{
    /// <summary>Reads part of a file.</summary>
    /// <param name="location">Relative path that was checked to stay inside.</param>
    /// <param name="offset">First byte, not negative.</param>
    /// <param name="length">Bytes; null reads to the file's end.</param>
    /// <returns>Exactly the bytes asked for, or null where the file is missing or shorter.</returns>
    ReadOnlyMemory<byte>? Read(string location, long offset, long? length);
}

/// <summary>Files that came along with an upload, by relative path.</summary>
public sealed class ExternalDataFiles(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files) : IExternalData
{
    public ReadOnlyMemory<byte>? Read(string location, long offset, long? length)
    {
        if (!files.TryGetValue(location, out var file) || offset > file.Length || length > file.Length - offset)
        {
            return null;
        }

        return file.Slice((int)offset, (int)(length ?? file.Length - offset));
    }
}

/// <summary>Files in a folder; links that lead out of it are not followed.</summary>
public sealed class ExternalDataFolder : IExternalData
{
    private readonly string _folder;

    public ExternalDataFolder(string folder) => _folder = Path.GetFullPath(folder);

    /// <summary>Where given, files are mapped rather than read, and what is returned lives as long as this.</summary>
    internal MappedFiles? Mapped { get; init; }

    public ReadOnlyMemory<byte>? Read(string location, long offset, long? length)
    {
        var path = Path.GetFullPath(Path.Combine(_folder, location));
        var file = new FileInfo(path);
        if (!Inside(path) || !file.Exists || (file.ResolveLinkTarget(returnFinalTarget: true) is { } target && !Inside(target.FullName)))
        {
            return null;
        }

        var count = length ?? file.Length - offset;
        if (count < 0 || count > Array.MaxLength || offset > file.Length - count)
        {
            return null;
        }

        if (Mapped is not null)
        {
            return count == 0 ? ReadOnlyMemory<byte>.Empty : Mapped.Open(path, offset, (int)count);
        }

        using var handle = File.OpenHandle(path);
        var bytes = GC.AllocateUninitializedArray<byte>((int)count);
        for (var done = 0; done < bytes.Length;)
        {
            var read = RandomAccess.Read(handle, bytes.AsSpan(done), offset + done);
            if (read == 0)
            {
                return null;
            }

            done += read;
        }

        return bytes;
    }

    private bool Inside(string path) => path.StartsWith(_folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}

/// <summary>Brings external tensor data into the model.</summary>
internal static class ExternalDataFolding
{
    /// <summary>True for a relative path without a step upwards, on every platform's reading of it.</summary>
    public static bool IsInside(string location) =>
        location.Length is > 0 and <= 1024
        && !location.Contains(':', StringComparison.Ordinal)
        && !location.Contains('\0', StringComparison.Ordinal)
        && location[0] is not ('/' or '\\')
        && !location.Split('/', '\\').Contains("..", StringComparer.Ordinal);

    /// <summary>Checks where a tensor's external data lies.</summary>
    /// <exception cref="ExternalDataException">No location, one outside the folder, or numbers that make no sense; names tensor and file.</exception>
    public static (string Location, long Offset, long? Length) Locate(OnnxTensor tensor)
    {
        var location = Entry(tensor, "location") ?? throw Error(tensor, "names no file");
        if (!IsInside(location))
        {
            throw Error(tensor, $"points outside the model's folder: '{location}'");
        }

        var offset = Number(tensor, "offset") ?? 0;
        var bits = OnnxElementTypes.BitsOf(tensor.ElementType);
        var length = Number(tensor, "length");
        if (bits == 0 || tensor.Count > (long.MaxValue / bits) - 8)
        {
            throw Error(tensor, $"claims {tensor.Count} elements");
        }

        var expected = ((tensor.Count * bits) + 7) / 8;
        return length is null || length == expected
            ? (location, offset, expected)
            : throw Error(tensor, $"has length {length} where its dimensions need {expected} bytes");
    }

    /// <summary>Replaces external by raw data.</summary>
    /// <exception cref="ExternalDataException">As <see cref="Locate"/>, or the file is missing or too short.</exception>
    public static void Fold(OnnxModel model, IExternalData? source)
    {
        foreach (var tensor in TensorWalk.All(model))
        {
            if (!tensor.IsExternal)
            {
                continue;
            }

            var (location, offset, length) = Locate(tensor);
            if (source is null)
            {
                throw Error(tensor, $"is in the file '{location}', which did not come along");
            }

            if (length > Array.MaxLength)
            {
                throw Error(tensor, $"has {length} bytes; the engine takes tensors of up to {Array.MaxLength}");
            }

            tensor.RawData = source.Read(location, offset, length)
                ?? throw Error(tensor, $"needs bytes {offset} to {offset + length} of '{location}', which is missing or too short");
            tensor.DataLocation = null;
            tensor.ExternalData.Clear();
        }
    }

    private static string? Entry(OnnxTensor tensor, string key) => tensor.ExternalData.Find(e => e.Key == key)?.Value;

    private static long? Number(OnnxTensor tensor, string key)
    {
        var text = Entry(tensor, key);
        return text is null ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw Error(tensor, $"has {key} '{text}'");
    }

    private static ExternalDataException Error(OnnxTensor tensor, string what) =>
        new($"External data of tensor '{tensor.Name}' {what}.", tensor.Name);
}
