using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgeFleet.Cli.Output;

/// <summary>Where answers go: tables for a person at a terminal, aligned plain lines for a pipe, JSON when asked.</summary>
internal sealed class Screen(TextWriter output, bool isTerminal)
{
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Interactive = InteractionSupport.No,
        Out = new AnsiConsoleOutput(output),
    });

    public bool IsTerminal => isTerminal;

    public void Line(string text) => output.WriteLine(text);

    /// <summary>A line with Spectre's markup; plain where nobody sees colours. Escape what comes from outside.</summary>
    public void Markup(string markup)
    {
        if (isTerminal)
        {
            _console.MarkupLine(markup);
        }
        else
        {
            output.WriteLine(Spectre.Console.Markup.Remove(markup));
        }
    }

    public void Json<T>(T value, JsonTypeInfo<T> type) => output.WriteLine(JsonSerializer.Serialize(value, type));

    public void Table(IReadOnlyList<Column> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (isTerminal)
        {
            _console.Write(Drawn(columns, rows));
            return;
        }

        var widths = columns.Select((c, i) => Math.Max(c.Title.Length, rows.Max(r => (int?)r[i].Length) ?? 0)).ToArray();
        Plain([.. columns.Select(c => c.Title)]);
        foreach (var row in rows)
        {
            Plain(row);
        }

        void Plain(IReadOnlyList<string> cells) =>
            output.WriteLine(string.Join("  ", cells.Select((c, i) => columns[i].Right ? c.PadLeft(widths[i]) : c.PadRight(widths[i]))).TrimEnd());
    }

    /// <summary>A table for a terminal, to write or to show live.</summary>
    public static Table Drawn(IReadOnlyList<Column> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.Rounded, BorderStyle = new Style(Color.Grey) };
        foreach (var column in columns)
        {
            var drawn = new TableColumn(new Text(column.Title.ToLowerInvariant(), new Style(Color.Grey))) { NoWrap = !column.Wraps };
            table.AddColumn(column.Right ? drawn.RightAligned() : drawn);
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell, Colours.Of(cell))));
        }

        return table;
    }

    /// <summary>Names with values, one per line.</summary>
    public void Facts(IReadOnlyList<(string Name, string Value)> facts)
    {
        var width = facts.Max(f => f.Name.Length);
        foreach (var (name, value) in facts)
        {
            Markup($"[grey]{Spectre.Console.Markup.Escape(name.PadRight(width))}[/]  {Spectre.Console.Markup.Escape(value)}");
        }
    }

    /// <summary>Shows something that <paramref name="work"/> redraws; only on a terminal.</summary>
    public Task<T> LiveAsync<T>(IRenderable first, Func<Action<IRenderable>, Task<T>> work) =>
        _console.Live(first).AutoClear(false).Overflow(VerticalOverflow.Ellipsis).StartAsync(context => work(shown =>
        {
            context.UpdateTarget(shown);
            context.Refresh();
        }));
}

/// <summary>A column of a table.</summary>
internal sealed record Column(string Title, bool Right = false, bool Wraps = false);
