using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration.Images;

/// <summary>Images as samples of 8-bit pixels: decoded once, brought to size, layout and order of colours, and spooled.</summary>
internal static class ImageFolder
{
    private const long MostFileBytes = 256 << 20;

    private static readonly HashSet<string> s_extensions =
        new([".png", ".bmp", ".pgm", ".ppm", ".pnm", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff"], StringComparer.OrdinalIgnoreCase);

    public static bool IsImage(string path) => s_extensions.Contains(Path.GetExtension(path));

    /// <param name="paths">At least one.</param>
    /// <param name="source">For messages.</param>
    /// <param name="options">How pixels become samples.</param>
    /// <param name="inputs">The model's; the first that can take an image does.</param>
    /// <exception cref="CalibrationDataException">An image cannot be read, or no input takes images.</exception>
    public static SampleSet Read(IReadOnlyList<string> paths, string source, CalibrationInputOptions options, IReadOnlyList<ModelTensorInfo> inputs)
    {
        var input = inputs.FirstOrDefault(i => i.Dimensions.Count is 3 or 4 && i.ElementType is OnnxElementType.Float or OnnxElementType.UInt8) ?? (inputs.Count == 1 ? inputs[0] : null)
            ?? throw new CalibrationDataException($"{source} holds images, but no input of the model has the 3 or 4 dimensions of images.", source);
        var format = Format.Of(input, options);
        using var spool = new SampleSpool(source);
        var shapes = new List<IReadOnlyList<long>>(paths.Count);
        foreach (var path in paths)
        {
            var name = Path.GetFileName(path);
            if (new FileInfo(path).Length > MostFileBytes)
            {
                throw new CalibrationDataException($"{name} is larger than {MostFileBytes} bytes.", name);
            }

            var image = ImageDecoder.Decode(File.ReadAllBytes(path), name);
            var (pixels, shape) = format.Apply(image);
            spool.Write(pixels);
            shapes.Add(shape);
        }

        return new SampleSet(source, OnnxElementType.UInt8, SampleExtents.Of(shapes), spool.ToStore(), options.Scaling(input, source))
        {
            InputName = inputs.Count == 1 ? null : input.Name,
        };
    }

    /// <summary>What pixels must look like for an input.</summary>
    /// <param name="Width">Null keeps the image's.</param>
    /// <param name="Height">Null keeps the image's.</param>
    /// <param name="Color">Not Auto.</param>
    /// <param name="ChannelsLast">As the layout says.</param>
    /// <param name="Fit">For another shape.</param>
    internal sealed record Format(int? Width, int? Height, ImageColor Color, bool ChannelsLast, ImageFit Fit)
    {
        public static Format Of(ModelTensorInfo input, CalibrationInputOptions options)
        {
            var last = options.LayoutFor(input) == ImageLayout.Nhwc;
            var d = input.Dimensions;
            var (channels, height, width) = d.Count == 4 ? last ? (d[3], d[1], d[2]) : (d[1], d[2], d[3]) : d.Count == 3 ? (1, d[1], d[2]) : (-1, -1, -1);
            var color = options.Color != ImageColor.Auto ? options.Color : channels == 1 ? ImageColor.Gray : ImageColor.Rgb;
            return new(options.Width ?? Known(width), options.Height ?? Known(height), color, last, options.Fit);
        }

        /// <returns>Pixels, and the sample's dimensions: with a channel also where there is only one.</returns>
        public (byte[] Pixels, long[] Shape) Apply(RasterImage image)
        {
            var (width, height) = (Width ?? image.Width, Height ?? image.Height);
            image = Color == ImageColor.Gray ? image.ToGray() : image.ToColor();
            image = ImageResizer.Resize(Fit == ImageFit.CenterCrop ? ImageResizer.CropTo(image, width, height) : image, width, height);
            var channels = image.Channels;
            var pixels = new byte[image.Pixels.Length];
            var area = width * height;
            for (var i = 0; i < pixels.Length; i++)
            {
                var (pixel, channel) = (i / channels, i % channels);
                channel = Color == ImageColor.Bgr ? channels - 1 - channel : channel;
                pixels[ChannelsLast ? (pixel * channels) + channel : (channel * area) + pixel] = image.Pixels[i];
            }

            return (pixels, ChannelsLast ? [height, width, channels] : [channels, height, width]);
        }

        private static int? Known(long dimension) => dimension is > 0 and <= 1 << 16 ? (int)dimension : null;
    }
}
