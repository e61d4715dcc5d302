namespace EdgeFleet.Benchmarks;

/// <summary>What was asked for on the command line.</summary>
internal sealed record BenchmarkArguments
{
    /// <summary>Benchmarks to run; empty means all.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Where to write the figures as JSON.</summary>
    public string? Json { get; init; }

    /// <summary>A folder with models/ and data/ in place of the repository's own.</summary>
    public string? Zoo { get; init; }

    /// <summary>Models to take, by name; empty means all.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Runs the kernels of processors without VNNI.</summary>
    public bool NoVnni { get; init; }

    /// <summary>Size of the large model.</summary>
    public int Gigabytes { get; init; } = 3;

    /// <summary>Where large files go for the time of the benchmark; null takes the system's own folder.</summary>
    public string? Folder { get; init; }

    /// <exception cref="FormatException">An option is unknown, or lacks its value.</exception>
    public static BenchmarkArguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new BenchmarkArguments();
        var names = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            string Value() => ++i < args.Count ? args[i] : throw new FormatException($"{args[i - 1]} needs a value.");
            switch (args[i])
            {
                case "--json":
                    parsed = parsed with { Json = Value() };
                    break;
                case "--zoo":
                    parsed = parsed with { Zoo = Value() };
                    break;
                case "--models":
                    parsed = parsed with { Models = Value().Split(',') };
                    break;
                case "--no-vnni":
                    parsed = parsed with { NoVnni = true };
                    break;
                case "--gigabytes":
                    parsed = parsed with { Gigabytes = int.TryParse(Value(), out var number) && number is >= 1 and <= 100 ? number : throw new FormatException("--gigabytes is a whole number in 1..100.") };
                    break;
                case "--folder":
                    parsed = parsed with { Folder = Value() };
                    break;
                case ['-', ..]:
                    throw new FormatException($"There is no option {args[i]}: only --json FILE, --zoo FOLDER, --models NAME,NAME, --no-vnni, --gigabytes N and --folder FOLDER.");
                default:
                    names.Add(args[i]);
                    break;
            }
        }

        return parsed with { Names = names };
    }
}
