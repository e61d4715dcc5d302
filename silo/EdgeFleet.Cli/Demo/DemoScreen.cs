using EdgeFleet.Cli.Output;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgeFleet.Cli.Demo;

/// <summary>Shows the demonstration: numbered steps, and within one either a live table or plain lines.</summary>
internal sealed class DemoScreen(Surroundings surroundings)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private readonly long _started = surroundings.Time.GetTimestamp();
    private int _steps;

    public Screen Screen { get; } = new(surroundings.Output, surroundings.IsTerminal);

    /// <summary>What is under way.</summary>
    public string Step { get; private set; } = "start";

    public TimeSpan Elapsed => surroundings.Time.GetElapsedTime(_started);

    public void Begin(string step)
    {
        Step = step;
        Screen.Markup($"\n[bold]{++_steps}. {Markup.Escape(step)}[/] [grey]({Elapsed.TotalSeconds:0.0} s)[/]");
    }

    public void Say(string text) => Screen.Line("   " + text);

    /// <summary>Looks again and again until it is done, and shows each look.</summary>
    /// <exception cref="DemoFailedException">Not within <paramref name="atMost"/>; names what was waited for and the last look.</exception>
    public Task FollowAsync(string what, TimeSpan atMost, Func<CancellationToken, Task<Look>> look, CancellationToken cancellationToken) =>
        surroundings.IsTerminal
            ? Screen.LiveAsync<bool>(new Text("   …"), show => LoopAsync(what, atMost, look, seen => show(Draw(seen)), cancellationToken))
            : LoopAsync(what, atMost, look, seen => WriteNews(seen.News), cancellationToken);

    private static IRenderable Draw(Look look) => look.News.Count == 0 && look.Rows.Count == 0
        ? new Text("   …")
        : new Rows([.. look.Rows.Count == 0 ? [] : new[] { Screen.Drawn(look.Columns, look.Rows) }, .. look.Story.Select(line => new Text("   " + line, new Style(Color.Grey)))]);

    private async Task<bool> LoopAsync(
        string what, TimeSpan atMost, Func<CancellationToken, Task<Look>> look, Action<Look> show, CancellationToken cancellationToken)
    {
        var began = surroundings.Time.GetTimestamp();
        while (true)
        {
            var seen = await look(cancellationToken);
            show(seen);
            if (seen.Done)
            {
                return true;
            }

            if (surroundings.Time.GetElapsedTime(began) > atMost)
            {
                var last = string.Join("; ", seen.Rows.Select(row => string.Join(' ', row)));
                throw new DemoFailedException($"{what}: not within {atMost.TotalSeconds:0} s. Last seen: {(last.Length == 0 ? "nothing" : last)}");
            }

            await Task.Delay(Period, surroundings.Time, cancellationToken);
        }
    }

    private void WriteNews(IReadOnlyList<string> news)
    {
        foreach (var line in news)
        {
            Say(line);
        }
    }
}

/// <summary>One look at what moves.</summary>
/// <param name="Done">Nothing more to wait for.</param>
/// <param name="Columns">Of the rows.</param>
/// <param name="Rows">How everything is now.</param>
/// <param name="News">What changed since the last look, for where nothing is drawn live.</param>
/// <param name="Story">Lines below the table.</param>
internal sealed record Look(
    bool Done, IReadOnlyList<Column> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, IReadOnlyList<string> News, IReadOnlyList<string> Story);
