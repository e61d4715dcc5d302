using System.CommandLine;
using System.CommandLine.Parsing;
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

    public float Scale { get; init; }

    public double? Floor { get; init; }

    public bool AllowSlower { get; init; }

    public FileInfo? Report { get; init; }

    public double Minutes { get; init; }

    public int Seed { get; init; }

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
        Description = "Samples: IDX or .npy, plain or gzip. Needed by the static int8 forms.",
    };

    private readonly Option<FileInfo?> _labels = new("--labels") { Description = "Classes of the calibration samples." };
    private readonly Option<string?> _test = new("--test") { Description = "Samples to judge variants on; without it, those of --calibration." };
    private readonly Option<FileInfo?> _testLabels = new("--test-labels") { Description = "Classes of the test samples." };
    private readonly Option<float> _scale = new("--scale") { Description = "Integer samples are divided by this.", DefaultValueFactory = _ => 255f };
    private readonly Option<double?> _floor = new("--floor") { Description = "Least share of samples on which variant and original must agree. Not with a goal." };
    private readonly Option<bool> _allowSlower = new("--allow-slower") { Description = "Hand out a variant that is slower than the original here." };
    private readonly Option<FileInfo?> _report = new("--report") { Description = "Where to write a report: FILE.html with pictures, or FILE.json." };
    private readonly Option<double> _minutes = new("--minutes") { Description = "With a goal: no candidate is begun after so many minutes.", DefaultValueFactory = _ => 5 };
    private readonly Option<int> _seed = new("--seed") { Description = "With a goal: seed of what is drawn; the same seed tries the same candidates.", DefaultValueFactory = _ => 0 };
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as JSON." };

    public Command Command()
    {
        _profile.AcceptOnlyFromAmong([CompressArguments.Auto, .. CompressionKinds.Names]);
        _target.AcceptOnlyFromAmong([.. CompressionTarget.Names]);
        var command = new Command(
            "compress",
            "Make a variant of a model: smaller, faster, measured against the original. Exit codes: 0 done, 2 bad input, 3 the goal is not reachable, or the variant is not good enough.")
        {
            _model, _output, _profile, _goal, _target, _calibration, _labels, _test, _testLabels, _scale, _floor, _allowSlower, _report, _minutes, _seed, _json,
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
        Scale = parsed.GetValue(_scale),
        Floor = parsed.GetValue(_floor),
        AllowSlower = parsed.GetValue(_allowSlower),
        Report = parsed.GetValue(_report),
        Minutes = parsed.GetValue(_minutes),
        Seed = parsed.GetValue(_seed),
        Json = parsed.GetValue(_json),
    };
}
