using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Cli.Commands;

/// <summary>Arguments and options that are checked before anything is sent; a bad one is a usage error that says what to write.</summary>
internal static class Arguments
{
    public static Argument<ModelId> Model() => new("MODEL")
    {
        Description = "name:version, such as resnet20-fashion:1.",
        CustomParser = result => Parse(result, ModelId.Parse),
    };

    public static Argument<RolloutId> Rollout() => new("ROLLOUT")
    {
        Description = "The id which `rollout start` printed.",
        CustomParser = result => Parse(result, RolloutId.Parse),
    };

    public static Option<double> Share(string name, double @default, string description) => new(name)
    {
        HelpName = "SHARE",
        Description = description + " In [0, 1].",
        DefaultValueFactory = _ => @default,
        CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1)
            {
                return share;
            }

            result.AddError($"{name} '{result.Tokens[0].Value}' is not a share: write a number from 0 to 1, such as 0.9.");
            return 0;
        },
    };

    public static Option<TimeSpan> Duration(string name, TimeSpan @default, string description) => new(name)
    {
        HelpName = "TIME",
        Description = description,
        DefaultValueFactory = _ => @default,
        CustomParser = result =>
        {
            if (Durations.TryParse(result.Tokens[0].Value, out var value))
            {
                return value;
            }

            result.AddError($"{name} '{result.Tokens[0].Value}' is not a time: write 500ms, 2s, 5m or 1h.");
            return default;
        },
    };

    public static Option<float> Number(string name, float @default, string description) => new(name)
    {
        HelpName = "NUMBER",
        Description = description,
        DefaultValueFactory = _ => @default,
        CustomParser = result =>
        {
            if (float.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && float.IsFinite(value))
            {
                return value;
            }

            result.AddError($"{name} '{result.Tokens[0].Value}' is not a finite number.");
            return default;
        },
    };

    /// <summary>An option that may be repeated, each value of a checked form.</summary>
    public static Option<T[]> Many<T>(string name, string value, string description, Func<string, T> parse) => new(name)
    {
        HelpName = value,
        Description = description,
        DefaultValueFactory = _ => [],
        CustomParser = result => [.. result.Tokens.Select(token => Parse(result, _ => parse(token.Value))!)],
    };

    public static Option<CompressionProfile?> Profile(string name, string description) => new(name)
    {
        HelpName = "PROFILE",
        Description = $"{description} One of {string.Join(", ", CompressionProfile.All)}.",
        CustomParser = result => Parse(result, text => (CompressionProfile?)CompressionProfile.Parse(text)),
    };

    public static KeyValuePair<string, string> Tag(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0
            ? new(text[..at], text[(at + 1)..])
            : throw new FormatException($"--tag '{text}' has no '=': write KEY=VALUE, such as site=hall-3.");
    }

    public static Uri Url(string text, string source, SymbolResult result)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
        {
            return url;
        }

        result.AddError($"{source} '{text}' is not an address: write http://HOST:PORT, such as {Verbs.DefaultServer}.");
        return new Uri(Verbs.DefaultServer);
    }

    private static T? Parse<T>(ArgumentResult result, Func<string, T> parse)
    {
        try
        {
            return parse(result.Tokens[0].Value);
        }
        catch (FormatException e)
        {
            result.AddError(e.Message);
            return default;
        }
    }
}
