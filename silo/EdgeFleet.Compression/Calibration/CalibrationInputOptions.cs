using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>How files become samples. What a model's input says itself (size, layout, channels) need not be given.</summary>
public sealed record CalibrationInputOptions
{
    /// <summary>Integer samples are divided by it first: 255 maps a pixel to [0, 1]. Ignored for float samples, like means and deviations.</summary>
    public float Divisor { get; init; } = 255;

    /// <summary>Subtracted after the division: none, one, or one per channel.</summary>
    public IReadOnlyList<float> Means { get; init; } = [];

    /// <summary>Divided by last: none, one, or one per channel.</summary>
    public IReadOnlyList<float> StdDevs { get; init; } = [];

    /// <summary>Where channels are: in images made from files, and for means of single channels.</summary>
    public ImageLayout Layout { get; init; }

    /// <summary>Order of colours. Images only.</summary>
    public ImageColor Color { get; init; }

    /// <summary>Pixels; null takes the model's, and where that is free, each image's own. Images only.</summary>
    public int? Width { get; init; }

    /// <summary>As <see cref="Width"/>.</summary>
    public int? Height { get; init; }

    /// <summary>How an image of another shape comes to its size. Images only.</summary>
    public ImageFit Fit { get; init; }

    /// <summary>Most samples taken from a folder, from the first by name; at least 1.</summary>
    public int MostSamples { get; init; } = int.MaxValue;

    /// <summary>The scaling for samples of an input.</summary>
    /// <exception cref="CalibrationDataException">Numbers that cannot be used.</exception>
    internal SampleScaling Scaling(ModelTensorInfo? input, string name)
    {
        var scaling = new SampleScaling(Divisor, Means.Count == 1 ? Means[0] : 0, StdDevs.Count == 1 ? StdDevs[0] : 1);
        if (Means.Count > 1 || StdDevs.Count > 1)
        {
            var channels = Math.Max(Means.Count, StdDevs.Count);
            scaling = scaling with
            {
                ChannelMeans = Means.Count > 1 ? Means : [.. Enumerable.Repeat(scaling.Mean, channels)],
                ChannelStdDevs = StdDevs.Count > 1 ? StdDevs : [.. Enumerable.Repeat(scaling.StdDev, channels)],
                ChannelsLast = LayoutFor(input) == ImageLayout.Nhwc,
            };
        }

        return scaling.Problem() is { } problem ? throw new CalibrationDataException(problem, name) : scaling;
    }

    /// <summary>The layout given, else the one in which the input has 1 or 3 channels, else channels first.</summary>
    internal ImageLayout LayoutFor(ModelTensorInfo? input) => Layout != ImageLayout.Auto ? Layout
        : input?.Dimensions is { Count: 4 } d && d[1] is not (1 or 3) && d[3] is 1 or 3 ? ImageLayout.Nhwc
        : ImageLayout.Nchw;
}

/// <summary>Order of an image's dimensions.</summary>
public enum ImageLayout
{
    /// <summary>As the model's input says; channels first where it says nothing.</summary>
    Auto,

    /// <summary>[batch, channel, row, column].</summary>
    Nchw,

    /// <summary>[batch, row, column, channel].</summary>
    Nhwc,
}

/// <summary>Order of an image's colours.</summary>
public enum ImageColor
{
    /// <summary>Gray where the model has one channel, else red, green, blue.</summary>
    Auto,

    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Blue, green, red, as OpenCV reads images.</summary>
    Bgr,

    /// <summary>One channel: luma of ITU-R 601.</summary>
    Gray,
}

/// <summary>How an image comes to a size of another shape.</summary>
public enum ImageFit
{
    /// <summary>Each side by itself.</summary>
    Stretch,

    /// <summary>The largest middle part of the right shape.</summary>
    CenterCrop,
}
