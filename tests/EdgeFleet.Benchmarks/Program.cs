using System.Globalization;
using System.Text.Json;
using EdgeFleet.Benchmarks;
using EdgeFleet.Benchmarks.Large;
using EdgeFleet.Benchmarks.Quantize;

// bench [name ...] [--json FILE] [--zoo FOLDER] [--models NAME,NAME] [--no-vnni] [--gigabytes N] [--folder FOLDER]: runs the named
// benchmarks, or all but those that run only when named; exit code 1 when a bound was missed, 2 for a wrong argument.
if (args is [QuantizeChild.Verb, .. var own])
{
    var code = QuantizeChild.Run(own);
    Console.Error.WriteLine(ColdProcess.PeakMiB().ToString(CultureInfo.InvariantCulture));
    return code;
}

if (args is [LargeChild.Verb, .. var rest])
{
    return LargeChild.Run(rest);
}

BenchmarkArguments arguments;
try
{
    arguments = BenchmarkArguments.Parse(args);
}
catch (FormatException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

var all = Benchmarks.All(arguments);
var unknown = arguments.Names.Except(all.Select(b => b.Name)).ToList();
if (unknown.Count > 0)
{
    Console.Error.WriteLine($"No benchmark is named {string.Join(", ", unknown)}. There are: {string.Join(", ", all.Select(b => b.Name))}.");
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
foreach (var benchmark in all.Where(b => (arguments.Names.Count == 0 && !b.OnlyByName) || arguments.Names.Contains(b.Name)))
{
    report.Begin(benchmark);
    await benchmark.RunAsync(report, interrupted.Token);
}

if (arguments.Json is { } json)
{
    await File.WriteAllTextAsync(json, JsonSerializer.Serialize(
        new { machine = Machine.Current, figures = report.Figures, ok = report.AllHold },
        new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true }));
}

return report.AllHold ? 0 : 1;
