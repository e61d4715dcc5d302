using System.Globalization;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Search;

namespace EdgeFleet.Silo.Commands;

/// <summary>Says on the error stream how far <c>compress</c> is: a line per candidate; steps in place, and only on a terminal.</summary>
internal sealed class CompressProgress(TextWriter error, bool isQuiet)
{
    private readonly bool _isTerminal = !isQuiet && !Console.IsErrorRedirected && ReferenceEquals(error, Console.Error);
    private int _shown;

    public void Step(CompressionProgress progress) => InPlace(progress.StepShare > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{progress.Share:P0} {progress.Step} ({progress.StepShare:P0})")
        : string.Create(CultureInfo.InvariantCulture, $"{progress.Share:P0} {progress.Step}"));

    public void Candidate(SearchProgress progress)
    {
        if (progress.Finished is not null && !isQuiet)
        {
            End();
            error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{progress.Candidate,3}. {progress.Step}"));
        }
        else
        {
            InPlace(progress.Step);
        }
    }

    /// <summary>Clears the line of steps.</summary>
    public void End()
    {
        InPlace("");
        _shown = 0;
    }

    private void InPlace(string text)
    {
        if (_isTerminal && (text.Length > 0 || _shown > 0))
        {
            text = text.Length > 100 ? text[..100] : text;
            error.Write($"\r{text.PadRight(_shown)}{(text.Length == 0 ? "\r" : "")}");
            _shown = text.Length;
        }
    }
}
