using System.Runtime.InteropServices;
using BitMiracle.LibJpeg.Classic;

namespace EdgeFleet.Compression.Calibration.Images;

/// <summary>
/// JPEG, baseline and progressive, gray and colour, decoded by LibJpeg.NET: managed, and its integer transform gives the pixels of libjpeg,
/// with which most training data was read. An orientation in Exif is not applied; where data is damaged nothing is made up.
/// </summary>
internal static class JpegDecoder
{
    /// <exception cref="CalibrationDataException">Another kind of JPEG, or damaged.</exception>
    public static RasterImage Decode(ReadOnlyMemory<byte> file, string name)
    {
        var header = JpegHeader.Read(file.Span, name);
        try
        {
            return Pixels(file, header);
        }
        catch (Exception e) when (e is not CalibrationDataException)
        {
            // The library reports with Exception itself, and damaged tables also end in its bounds checks.
            throw JpegHeader.Error(name, $"it is damaged: {e.Message.TrimEnd('.')}", e);
        }
    }

    private static RasterImage Pixels(ReadOnlyMemory<byte> file, JpegHeader header)
    {
        using var stream = MemoryMarshal.TryGetArray(file, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(file.ToArray(), writable: false);
        var decoder = new jpeg_decompress_struct(new Messages());
        decoder.jpeg_stdio_src(stream);
        decoder.jpeg_read_header(true);
        decoder.Out_color_space = header.Components == 1 ? J_COLOR_SPACE.JCS_GRAYSCALE : J_COLOR_SPACE.JCS_RGB;
        decoder.jpeg_start_decompress();
        if ((decoder.Output_width, decoder.Output_height, decoder.Output_components) != (header.Width, header.Height, header.Components))
        {
            throw new InvalidDataException("it has more than one header");
        }

        var image = new RasterImage(header.Width, header.Height, header.Components, new byte[checked(header.Width * header.Height * header.Components)]);
        byte[][] row = [new byte[header.Width * header.Components]];
        for (var y = 0; y < header.Height; y++)
        {
            decoder.jpeg_read_scanlines(row, 1);
            row[0].CopyTo(image.Pixels, y * row[0].Length);
        }

        decoder.jpeg_finish_decompress();
        return image;
    }

    /// <summary>Damage that the library would gloss over with a warning is an error; nothing is written to the console.</summary>
    private sealed class Messages : jpeg_error_mgr
    {
        private J_MESSAGE_CODE _code;

        public override void emit_message(int msg_level)
        {
            // Foreign bytes between segments and unusual versions do no harm to the pixels.
            if (msg_level < 0 && format_message() is var text
                && _code is not (J_MESSAGE_CODE.JWRN_EXTRANEOUS_DATA or J_MESSAGE_CODE.JWRN_JFIF_MAJOR or J_MESSAGE_CODE.JWRN_ADOBE_XFORM))
            {
                throw new InvalidDataException(text);
            }
        }

        public override void error_exit() => throw new InvalidDataException(format_message());

        public override void output_message()
        {
            // Errors are thrown.
        }

        /// <summary>The one place where the library tells which message it is about.</summary>
        protected override string GetMessageText(int code)
        {
            _code = (J_MESSAGE_CODE)code;
            return base.GetMessageText(code);
        }
    }
}
