using System.CommandLine;
using EdgeFleet.Fuzz;
using EdgeFleet.Tests.Compression.Fuzz;

var target = new Argument<string?>("TARGET") { Description = $"One of {string.Join(", ", FuzzTarget.All().Select(t => t.Name))}; without, all.", Arity = ArgumentArity.ZeroOrOne };
var runs = new Option<long>("--runs") { Description = "Inputs over all targets.", DefaultValueFactory = _ => 200_000 };
var minutes = new Option<double?>("--minutes") { Description = "Minutes over all targets, instead of --runs." };
var seed = new Option<ulong>("--seed") { Description = "The same seed makes the same inputs.", DefaultValueFactory = _ => 1 };
var json = new Option<bool>("--json") { Description = "Print the figures as JSON." };
var workers = new Option<int>("--workers") { Description = "Processes at once.", DefaultValueFactory = _ => Math.Clamp(Environment.ProcessorCount, 1, 8) };
var plan = new Option<string?>("--worker") { Description = "Used between the processes of one run.", Hidden = true };
var command = new RootCommand("Gives mutated inputs to the compression engine. Exit code 1: there were findings; each is saved under artifacts/fuzz.")
{
    target, runs, minutes, seed, json, workers, plan,
};
command.SetAction((parsed, cancellationToken) =>
{
    if (parsed.GetValue(plan) is { } worker)
    {
        return Task.FromResult(FuzzWorker.Run(WorkerPlan.Parse(worker)));
    }

    var names = FuzzTarget.All().Select(t => t.Name).ToList();
    if (parsed.GetValue(target) is { } name && !names.Contains(name))
    {
        Console.Error.WriteLine($"No target is named {name}. There are: {string.Join(", ", names)}.");
        return Task.FromResult(2);
    }

    var supervisor = new FuzzSupervisor(
        parsed.GetValue(target), parsed.GetValue(runs), parsed.GetValue(minutes), parsed.GetValue(seed), Math.Clamp(parsed.GetValue(workers), 1, 64), TimeProvider.System);
    return supervisor.RunAsync(parsed.GetValue(json), cancellationToken);
});
return await command.Parse(args).InvokeAsync();
