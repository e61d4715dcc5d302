using System.Diagnostics;
using System.Text.Json;
using EdgeFleet.Tests.Compression.Fuzz;

namespace EdgeFleet.Fuzz;

/// <summary>Runs the targets one after the other, each in several processes, and starts a process again after the input that ended it.</summary>
internal sealed class FuzzSupervisor(string? only, long runs, double? minutes, ulong seed, int workers, TimeProvider time)
{
    /// <summary>Time without progress after which a process hangs.</summary>
    private static readonly TimeSpan s_stuck = TimeSpan.FromSeconds(60);

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Managed bytes that one process may take; beyond them an input is a finding, and the machine goes on.</summary>
    private const long MostHeapBytes = 4L << 30;

    /// <summary>Whatever becomes of the processes, and also when it is stopped, it ends with a line of figures.</summary>
    /// <returns>0, or 1 where there were findings.</returns>
    public async Task<int> RunAsync(bool json, CancellationToken cancellationToken)
    {
        var targets = FuzzTarget.All().Where(t => only is null || t.Name == only).ToList();
        var shares = targets.Sum(t => t.Share);
        var figures = new List<TargetFigures>();
        var output = json ? Console.Error : Console.Out;
        output.WriteLine($"{"target",-16} {"inputs",12} {"accepted",12} {"seconds",9} {"inputs/s",9} {"findings",9}");
        foreach (var target in targets.TakeWhile(_ => !cancellationToken.IsCancellationRequested))
        {
            var inputs = minutes is null ? (long)Math.Ceiling(runs * (target.Share / shares)) : long.MaxValue - workers;
            var seconds = minutes * 60 / targets.Count ?? 0;
            var started = time.GetTimestamp();
            var results = await Task.WhenAll(Enumerable.Range(0, workers).Select(w => WorkAsync(target.Name, w, inputs, seconds, cancellationToken)));
            var elapsed = time.GetElapsedTime(started).TotalSeconds;
            var done = results.Sum(r => r.Done);
            var figure = new TargetFigures(target.Name, done, results.Sum(r => r.Accepted), Math.Round(elapsed, 1), (long)(done / elapsed), [.. results.SelectMany(r => r.Findings).Order(StringComparer.Ordinal)]);
            figures.Add(figure);
            output.WriteLine($"{figure.Target,-16} {figure.Inputs,12:N0} {figure.Accepted,12:N0} {figure.Seconds,9:0.0} {figure.PerSecond,9:N0} {figure.Findings.Count,9}");
            foreach (var finding in figure.Findings)
            {
                output.WriteLine($"  {finding}");
            }
        }

        var total = figures.Sum(f => f.Inputs);
        output.WriteLine($"{total:N0} inputs in {figures.Sum(f => f.Seconds):0.0} s with {workers} processes, seed {seed}: {figures.Sum(f => f.Findings.Count)} findings{(cancellationToken.IsCancellationRequested ? ", stopped early" : "")}");
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { seed, workers, inputs = total, targets = figures, ok = figures.TrueForAll(f => f.Findings.Count == 0) }, s_json));
        }

        return figures.TrueForAll(f => f.Findings.Count == 0) ? 0 : 1;
    }

    private async Task<(long Done, long Accepted, List<string> Findings)> WorkAsync(string target, int worker, long inputs, double seconds, CancellationToken cancellationToken)
    {
        var findings = new List<string>();
        var path = Path.Combine(FindingFile.Folder, $".{target}-{Environment.ProcessId}-{worker}");
        using var slot = new WorkerSlot(path);
        var first = (long)worker;
        var started = time.GetTimestamp();
        while (first < inputs && (seconds == 0 || time.GetElapsedTime(started).TotalSeconds < seconds))
        {
            var left = seconds == 0 ? 0 : Math.Max(0.1, seconds - time.GetElapsedTime(started).TotalSeconds);
            var before = slot.Done;
            try
            {
                var end = await ProcessAsync(new WorkerPlan(target, seed, first, workers, inputs, left, path), slot, findings, cancellationToken);
                if (end is null)
                {
                    break;
                }

                findings.Add(Ended(target, slot.Index, end));
            }
            catch (OperationCanceledException)
            {
                break;
            }

            if (slot.Done == before && slot.Index < first)
            {
                // It ended before its first input, and would again.
                break;
            }

            first = slot.Index + workers;
        }

        File.Delete(path);
        return (slot.Done, slot.Accepted, findings);
    }

    /// <returns>Null where the process did all its inputs, else why it did not.</returns>
    private async Task<string?> ProcessAsync(WorkerPlan plan, WorkerSlot slot, List<string> findings, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(typeof(FuzzSupervisor).Assembly.Location);
        start.Environment["DOTNET_GCHeapHardLimit"] = $"0x{MostHeapBytes:X}";
        start.ArgumentList.Add("--worker");
        start.ArgumentList.Add(plan.ToString());
        using var process = Process.Start(start)!;
        var lines = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var (seen, since) = (-1L, time.GetTimestamp());
        var stuck = false;
        try
        {
            while (!process.HasExited)
            {
                await Task.WhenAny(process.WaitForExitAsync(cancellationToken), Task.Delay(TimeSpan.FromSeconds(1), time, cancellationToken)).Unwrap();
                (seen, since) = slot.Done == seen ? (seen, since) : (slot.Done, time.GetTimestamp());
                stuck = time.GetElapsedTime(since) > s_stuck;
                if (stuck)
                {
                    process.Kill();
                }
            }
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        findings.AddRange((await lines).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var error = await errors;
        return stuck ? $"hangs for more than {s_stuck.TotalSeconds} s" : process.ExitCode is FuzzWorker.NothingFound or FuzzWorker.Found ? null : $"ended the process with code {process.ExitCode}\n{error}";
    }

    private string Ended(string target, long index, string how)
    {
        var random = FuzzRandom.For(seed, target, index);
        var input = FuzzTarget.All().Single(t => t.Name == target).Input(ref random);
        return FindingFile.Save(new FuzzFinding(target, index, how, input.ToArray()), seed);
    }
}

/// <summary>What became of one target's inputs.</summary>
internal sealed record TargetFigures(string Target, long Inputs, long Accepted, double Seconds, long PerSecond, IReadOnlyList<string> Findings);
