using EdgeFleet.Cli;

namespace EdgeFleet.Tests.Cli;

/// <summary>Runs the command line in process and keeps what it wrote.</summary>
internal sealed class Terminal
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public string Output => _output.ToString();

    public string Error => _error.ToString();

    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static async Task<(int Code, Terminal Shown)> RunAsync(params string[] args)
    {
        var terminal = new Terminal();
        var code = await CommandLine.RunAsync(args, new Surroundings(terminal._output, terminal._error, IsTerminal: false, TimeProvider.System));
        return (code, terminal);
    }
}
