using System.Text.Json;
using EdgeFleet.Benchmarks;

// bench [name ...] [--json FILE]: runs the named benchmarks, or all; exit code 1 when a bound was missed, 2 for a wrong name.
string? json = null;
var names = new List<string>();
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--json" && i + 1 < args.Length)
    {
        json = args[++i];
    }
    else
    {
        names.Add(args[i]);
    }
}

var unknown = names.Except(Benchmarks.All.Select(b => b.Name)).ToList();
if (unknown.Count > 0)
{
    Console.Error.WriteLine($"No benchmark is named {string.Join(", ", unknown)}. There are: {string.Join(", ", Benchmarks.All.Select(b => b.Name))}.");
    return 2;
}

using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    interrupted.Cancel();
};

Console.WriteLine(Machine.Current);
var report = new BenchmarkReport(Console.Out);
foreach (var benchmark in Benchmarks.All.Where(b => names.Count == 0 || names.Contains(b.Name)))
{
    report.Begin(benchmark);
    await benchmark.RunAsync(report, interrupted.Token);
}

if (json is not null)
{
    await File.WriteAllTextAsync(json, JsonSerializer.Serialize(
        new { machine = Machine.Current, figures = report.Figures, ok = report.AllHold },
        new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true }));
}

return report.AllHold ? 0 : 1;
