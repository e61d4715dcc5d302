namespace EdgeFleet.Compression.Calibration.Images;

/// <summary>
/// Resizes with a triangle filter, first rows, then columns: bilinear when enlarging; when shrinking the filter grows with the factor, so
/// that every pixel counts (as Pillow's BILINEAR does, unlike OpenCV's).
/// </summary>
internal static class ImageResizer
{
    public static RasterImage Resize(RasterImage image, int width, int height)
    {
        if (image.Width == width && image.Height == height)
        {
            return image;
        }

        var (across, down) = (Weights(image.Width, width), Weights(image.Height, height));
        var channels = image.Channels;
        var narrow = new float[checked(image.Height * width * channels)];
        for (var y = 0; y < image.Height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (first, weights) = across[x];
                for (var c = 0; c < channels; c++)
                {
                    var sum = 0f;
                    for (var i = 0; i < weights.Length; i++)
                    {
                        sum += weights[i] * image.Pixels[(((y * image.Width) + first + i) * channels) + c];
                    }

                    narrow[(((y * width) + x) * channels) + c] = sum;
                }
            }
        }

        var row = width * channels;
        var pixels = new byte[checked(height * row)];
        for (var y = 0; y < height; y++)
        {
            var (first, weights) = down[y];
            for (var x = 0; x < row; x++)
            {
                var sum = 0f;
                for (var i = 0; i < weights.Length; i++)
                {
                    sum += weights[i] * narrow[((first + i) * row) + x];
                }

                pixels[(y * row) + x] = (byte)Math.Clamp(MathF.Round(sum), 0, 255);
            }
        }

        return new(width, height, channels, pixels);
    }

    /// <summary>The middle of an image with the sides' ratio of width to height, as large as possible.</summary>
    public static RasterImage CropTo(RasterImage image, int width, int height)
    {
        var cropWidth = (int)Math.Min(image.Width, Math.Max(1, (long)image.Height * width / height));
        var cropHeight = (int)Math.Min(image.Height, Math.Max(1, (long)image.Width * height / width));
        var (left, top, row) = ((image.Width - cropWidth) / 2, (image.Height - cropHeight) / 2, cropWidth * image.Channels);
        var pixels = new byte[cropHeight * row];
        for (var y = 0; y < cropHeight; y++)
        {
            image.Pixels.AsSpan((((top + y) * image.Width) + left) * image.Channels, row).CopyTo(pixels.AsSpan(y * row));
        }

        return new(cropWidth, cropHeight, image.Channels, pixels);
    }

    private static (int First, float[] Weights)[] Weights(int from, int to)
    {
        var scale = (double)from / to;
        var reach = Math.Max(1, scale);
        return [.. Enumerable.Range(0, to).Select(i =>
        {
            var center = (i + 0.5) * scale;
            var first = Math.Max(0, (int)(center - reach + 0.5));
            var last = Math.Min(from, (int)(center + reach + 0.5));
            var weights = Enumerable.Range(first, Math.Max(1, last - first)).Select(j => Math.Max(0, 1 - (Math.Abs(j + 0.5 - center) / reach))).ToArray();
            var sum = weights.Sum();
            return (first, Array.ConvertAll(weights, w => sum > 0 ? (float)(w / sum) : 1f / weights.Length));
        })];
    }
}
