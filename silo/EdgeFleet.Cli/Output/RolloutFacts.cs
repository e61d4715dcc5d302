using System.Globalization;
using EdgeFleet.Contracts.Rollouts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgeFleet.Cli.Output;

/// <summary>A rollout in words: waves, devices, story.</summary>
internal static class RolloutFacts
{
    private const int StoryLines = 8;

    private static readonly Column[] Executions =
        [new("WAVE", Right: true), new("DEVICE"), new("STATUS"), new("PROFILE"), new("WHY", Wraps: true), new("SAYS", Wraps: true)];

    public static void Write(Screen screen, RolloutInfo rollout)
    {
        screen.Line(Headline(rollout));
        screen.Table(Executions, Rows(rollout));
        foreach (var line in rollout.Events)
        {
            screen.Line(Story(line));
        }
    }

    /// <summary>The same for a live display: the newest lines of the story only.</summary>
    public static IRenderable Draw(RolloutInfo rollout) =>
        new Rows(
            [
                new Text(Headline(rollout)),
                Screen.Drawn(Executions, Rows(rollout)),
                .. rollout.Events.TakeLast(StoryLines).Select(e => new Text(Story(e), new Style(Color.Grey))),
            ]);

    public static string Story(RolloutEvent line) => $"{line.At.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture)}  {line.Text}";

    public static string Headline(RolloutInfo rollout)
    {
        var waves = rollout.Waves.Count == 0
            ? ""
            : $", wave {Math.Min(rollout.OpenWave + 1, rollout.Waves.Count)} of {rollout.Waves.Count}, "
                + $"{rollout.Waves.Sum(w => w.Succeeded)} of {rollout.Waves.Sum(w => w.Devices)} proved, {rollout.Waves.Sum(w => w.Failed)} failed";
        return $"{rollout.Rollout}: {rollout.Spec.Model} {rollout.Status}{waves}{(rollout.Message is { } m ? ". " + m : "")}";
    }

    private static List<IReadOnlyList<string>> Rows(RolloutInfo rollout) =>
        [.. rollout.Executions.OrderBy(e => e.Wave).ThenBy(e => e.Device.Value, StringComparer.Ordinal).Select(e => (IReadOnlyList<string>)
        [
            (e.Wave + 1).ToString(CultureInfo.InvariantCulture),
            e.Device.Value,
            e.Status.ToString(),
            e.Profile?.Value ?? "-",
            e.Reason,
            e.Message ?? "-",
        ])];
}
