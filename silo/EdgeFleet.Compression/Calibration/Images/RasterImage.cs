namespace EdgeFleet.Compression.Calibration.Images;

/// <summary>A decoded image, 8 bits per channel.</summary>
/// <param name="Width">At least 1.</param>
/// <param name="Height">At least 1.</param>
/// <param name="Channels">1 gray or 3 red, green, blue.</param>
/// <param name="Pixels">Rows from the top, pixel by pixel: exactly Width * Height * Channels bytes.</param>
internal sealed record RasterImage(int Width, int Height, int Channels, byte[] Pixels)
{
    /// <summary>Pixels of one image at most: 16 bits each of four channels are 800 MB.</summary>
    public const long MostPixels = 100_000_000;

    /// <exception cref="CalibrationDataException">A size of 0 or beyond the limit.</exception>
    public static void CheckSize(long width, long height, string name)
    {
        if (width is <= 0 or > 1 << 20 || height is <= 0 or > 1 << 20 || width * height > MostPixels)
        {
            throw new CalibrationDataException($"{name} is an image of {width} x {height} pixels; 1 to {MostPixels} are read.", name);
        }
    }

    /// <summary>Gray as red = green = blue.</summary>
    public RasterImage ToColor()
    {
        if (Channels == 3)
        {
            return this;
        }

        var pixels = new byte[Pixels.Length * 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = Pixels[i / 3];
        }

        return new(Width, Height, 3, pixels);
    }

    /// <summary>Luma of ITU-R 601: 0.299 red + 0.587 green + 0.114 blue.</summary>
    public RasterImage ToGray()
    {
        if (Channels == 1)
        {
            return this;
        }

        var pixels = new byte[Pixels.Length / 3];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)(((299 * Pixels[3 * i]) + (587 * Pixels[(3 * i) + 1]) + (114 * Pixels[(3 * i) + 2]) + 500) / 1000);
        }

        return new(Width, Height, 1, pixels);
    }
}
