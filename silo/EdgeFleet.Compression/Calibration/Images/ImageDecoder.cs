namespace EdgeFleet.Compression.Calibration.Images;

/// <summary>Decodes image files, recognised by content: JPEG, PNG, BMP, PGM, PPM.</summary>
internal static class ImageDecoder
{
    /// <summary>True where the file begins like an image, whether or not it can be read.</summary>
    public static bool IsImage(ReadOnlySpan<byte> file) => file is [0x89, (byte)'P', (byte)'N', (byte)'G', ..] or [(byte)'B', (byte)'M', ..]
        or [(byte)'P', >= (byte)'1' and <= (byte)'6', (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t', ..] or [0xFF, 0xD8, 0xFF, ..]
        or [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] or [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..] or [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..];

    /// <exception cref="CalibrationDataException">Not an image that can be read; names the file and the reason.</exception>
    public static RasterImage Decode(ReadOnlyMemory<byte> file, string name) => file.Span switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => PngDecoder.Decode(file, name),
        [(byte)'B', (byte)'M', ..] => BmpDecoder.Decode(file.Span, name),
        [(byte)'P', (byte)'2' or (byte)'3' or (byte)'5' or (byte)'6', ..] => PnmDecoder.Decode(file.Span, name),
        [0xFF, 0xD8, ..] => JpegDecoder.Decode(file, name),
        [(byte)'G', (byte)'I', (byte)'F', ..] => throw Unread(name, "a GIF"),
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..] => throw Unread(name, "a WebP or another RIFF file"),
        [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => throw Unread(name, "a TIFF"),
        _ => throw new CalibrationDataException($"{name} is no image: it begins like none of JPEG, PNG, BMP, PGM and PPM.", name),
    };

    private static CalibrationDataException Unread(string name, string what) =>
        new($"{name} is {what}, which is not read. Convert it to PNG, for example: magick mogrify -format png {name}", name);
}
