using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Silo.Commands;

/// <summary>What <c>compress</c> was asked for.</summary>
internal sealed record CompressArguments(FileInfo Model, FileInfo Output, string Profile, string Target)
{
    /// <summary>The profile that stands for a search with the usual goal.</summary>
    public const string Auto = "auto";

    /// <summary>The goal of <see cref="Auto"/> where none is given.</summary>
    public const string UsualGoal = "at most 0.5 points lost, fastest";

    public string? Goal { get; init; }

    public string? Calibration { get; init; }

    public FileInfo? Labels { get; init; }

    public string? Test { get; init; }

    public FileInfo? TestLabels { get; init; }

    /// <summary>How files become samples.</summary>
    public CalibrationInputOptions Reading { get; init; } = new();

    /// <summary>How samples are used; the samples themselves are not read yet.</summary>
    public RequestSamples Samples { get; init; } = new();

    public double? Floor { get; init; }

    public bool AllowSlower { get; init; }

    public FileInfo? Report { get; init; }

    public double Minutes { get; init; }

    public int Seed { get; init; }

    /// <summary>Takes the way of models that are too large to be held in memory.</summary>
    public bool FileToFile { get; init; }

    public bool Json { get; init; }

    /// <summary>The goal to search for; null where a form was asked for by name.</summary>
    public string? SearchGoal => Goal ?? (Profile == Auto ? UsualGoal : null);
}

/// <summary>The options of <c>compress</c>.</summary>
internal sealed class CompressOptions
{
    private readonly Argument<FileInfo> _model = new("MODEL") { Description = "The ONNX model." };
    private readonly Option<FileInfo> _output = new("--output", "-o") { Description = "Where to write the variant.", Required = true };
    private readonly Option<string> _profile = new("--profile")
    {
        Description = $"The form: {string.Join(", ", CompressionKinds.Names)}; or auto, which searches for the best (see --goal).",
        DefaultValueFactory = _ => "int8",
    };

    private readonly Option<string?> _goal = new("--goal")
    {
        Description = $"What you want, in words: \"at most 0.5 points lost, under 2 MB, fastest\". Tries forms and settings, measures each and takes the best. With --profile auto alone: \"{CompressArguments.UsualGoal}\".",
    };

    private readonly Option<string> _target = new("--target") { Description = "The processor that the variant is for.", DefaultValueFactory = _ => "here" };
    private readonly Option<string?> _calibration = new("--calibration")
    {
        Description = "Samples: IDX or .npy (plain or gzip), .npz, a folder of ONNX test data (test_data_set_N/input_K.pb), of .npy files, or of images (JPEG, PNG, BMP, PPM, PGM). The static int8 forms choose ranges by them.",
    };

    private readonly Option<FileInfo?> _labels = new("--labels") { Description = "Classes of the calibration samples." };
    private readonly Option<string?> _test = new("--test") { Description = "Samples to judge variants on; without it, those of --calibration." };
    private readonly Option<FileInfo?> _testLabels = new("--test-labels") { Description = "Classes of the test samples." };
    private readonly Option<float> _scale = new("--scale") { Description = "Integer samples are divided by this.", DefaultValueFactory = _ => 255f };
    private readonly Option<float[]> _mean = new("--mean") { Description = "Subtracted from samples after --scale: one number, or one per channel.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<float[]> _deviation = new("--std") { Description = "Samples are divided by it last: one number, or one per channel.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<ImageLayout> _layout = new("--layout") { Description = "Order of an image's dimensions; auto takes the model's." };
    private readonly Option<ImageColor> _color = new("--color") { Description = "Order of an image's colours; auto takes RGB, or gray where the model has one channel." };
    private readonly Option<ImageFit> _fit = new("--fit") { Description = "How an image of another shape comes to its size." };
    private readonly Option<string?> _size = new("--size") { Description = "Size of images, WIDTHxHEIGHT; without it the model's." };
    private readonly Option<string[]> _feedback = new("--feedback") { Description = "For a model with a state: OUTPUT=INPUT, fed back from sample to sample. May be given more than once." };
    private readonly Option<int> _sequence = new("--sequence-length") { Description = "Samples after which a state begins anew; 0: never.", DefaultValueFactory = _ => 0 };
    private readonly Option<int> _maxSamples = new("--max-samples") { Description = "Most calibration samples used, from the first.", DefaultValueFactory = _ => 1024 };
    private readonly Option<double?> _floor = new("--floor") { Description = "Least share of samples on which variant and original must agree. Not with a goal." };
    private readonly Option<bool> _allowSlower = new("--allow-slower") { Description = "Hand out a variant that is slower than the original here." };
    private readonly Option<FileInfo?> _report = new("--report") { Description = "Where to write a report: FILE.html with pictures, or FILE.json." };
    private readonly Option<double> _minutes = new("--minutes") { Description = "With a goal: no candidate is begun after so many minutes.", DefaultValueFactory = _ => 5 };
    private readonly Option<int> _seed = new("--seed") { Description = "With a goal: seed of what is drawn; the same seed tries the same candidates.", DefaultValueFactory = _ => 0 };
    private readonly Option<bool> _fileToFile = new("--file-to-file") { Description = "Do not hold the model in memory: read and write it weight by weight. From 1 GB on it is always so." };
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as JSON." };

    public Command Command()
    {
        _profile.AcceptOnlyFromAmong([CompressArguments.Auto, .. CompressionKinds.Names]);
        _target.AcceptOnlyFromAmong([.. CompressionTarget.Names]);
        var command = new Command(
            "compress",
            "Make a variant of a model: smaller, faster, measured against the original. Exit codes: 0 done, 2 bad input, 3 the goal is not reachable, or the variant is not good enough.")
        {
            _model, _output, _profile, _goal, _target, _calibration, _labels, _test, _testLabels, _scale, _mean, _deviation, _layout, _color, _fit, _size,
            _feedback, _sequence, _maxSamples, _floor, _allowSlower, _report, _minutes, _seed, _fileToFile, _json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(_goal) is not null && result.GetResult(_profile) is { Implicit: false } && result.GetValue(_profile) != CompressArguments.Auto)
            {
                result.AddError("Give --goal or a --profile other than auto, not both.");
            }

            if (result.GetResult(_minutes) is { Implicit: false } minutes && minutes.GetValueOrDefault<double>() is not (> 0 and <= 10_000))
            {
                result.AddError("--minutes is above 0 and at most 10,000.");
            }

            if (result.GetValue(_size) is { } size && SizeOf(size) is null)
            {
                result.AddError($"--size {size}: say WIDTHxHEIGHT, such as 224x224.");
            }

            foreach (var feedback in (result.GetValue(_feedback) ?? []).Where(f => StateFeedback.Parse(f) is null))
            {
                result.AddError($"--feedback {feedback}: say OUTPUT=INPUT.");
            }

            if (result.GetValue(_report) is { Extension: not (".html" or ".htm" or ".json") } report)
            {
                result.AddError($"--report {report.Name}: name a file that ends in .html or .json.");
            }
        });
        return command;
    }

    public CompressArguments Parse(ParseResult parsed) => new(
        parsed.GetRequiredValue(_model), parsed.GetRequiredValue(_output), parsed.GetRequiredValue(_profile), parsed.GetRequiredValue(_target))
    {
        Goal = parsed.GetValue(_goal),
        Calibration = parsed.GetValue(_calibration),
        Labels = parsed.GetValue(_labels),
        Test = parsed.GetValue(_test),
        TestLabels = parsed.GetValue(_testLabels),
        Reading = new CalibrationInputOptions
        {
            Divisor = parsed.GetValue(_scale),
            Means = parsed.GetValue(_mean) ?? [],
            StdDevs = parsed.GetValue(_deviation) ?? [],
            Layout = parsed.GetValue(_layout),
            Color = parsed.GetValue(_color),
            Fit = parsed.GetValue(_fit),
            Width = parsed.GetValue(_size) is { } size ? SizeOf(size)!.Value.Width : null,
            Height = parsed.GetValue(_size) is { } same ? SizeOf(same)!.Value.Height : null,
        },
        Samples = new RequestSamples
        {
            Feedback = [.. (parsed.GetValue(_feedback) ?? []).Select(f => StateFeedback.Parse(f)!)],
            SequenceLength = parsed.GetValue(_sequence),
            Most = parsed.GetValue(_maxSamples),
        },
        Floor = parsed.GetValue(_floor),
        AllowSlower = parsed.GetValue(_allowSlower),
        Report = parsed.GetValue(_report),
        Minutes = parsed.GetValue(_minutes),
        Seed = parsed.GetValue(_seed),
        FileToFile = parsed.GetValue(_fileToFile),
        Json = parsed.GetValue(_json),
    };

    private static (int Width, int Height)? SizeOf(string text) =>
        text.Split('x') is [var width, var height] && int.TryParse(width, NumberStyles.None, CultureInfo.InvariantCulture, out var w)
        && int.TryParse(height, NumberStyles.None, CultureInfo.InvariantCulture, out var h) && w is > 0 and <= 16384 && h is > 0 and <= 16384
            ? (w, h)
            : null;
}
