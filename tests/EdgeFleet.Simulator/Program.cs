using System.CommandLine;
using EdgeFleet.Simulator;

var server = new Option<string>("--server") { Description = "The silo's address.", Required = true };
var token = new Option<string>("--token") { Description = "The enrolment token.", Required = true };
var count = new Option<int>("--count") { Description = "Devices, 1 to 5000.", DefaultValueFactory = _ => 50 };
var source = new Option<string?>("--source") { Description = "Folder with IDX images which all devices look at; without, random bytes of 28 x 28." };
var data = new Option<string?>("--data") { Description = "Folder for the devices' state; kept. Without, a temporary one." };
var prefix = new Option<string>("--prefix") { Description = "Devices are called prefix-0001 and so on.", DefaultValueFactory = _ => "sim" };
var rate = new Option<double>("--rate") { Description = "Samples per second and device.", DefaultValueFactory = _ => 1 };
var seconds = new Option<double?>("--seconds") { Description = "Ends after so long; without, at Ctrl-C." };
var command = new RootCommand("Runs many edge agents in one process against a real silo: the agent's own code, one shared ONNX Runtime.")
{
    server, token, count, source, data, prefix, rate, seconds,
};
command.SetAction(async (parsed, cancellationToken) =>
{
    using var limit = parsed.GetValue(seconds) is { } s
        ? new CancellationTokenSource(TimeSpan.FromSeconds(s), TimeProvider.System)
        : new CancellationTokenSource();
    using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
    await using var fleet = new SimulatedFleet(
        new Uri(parsed.GetRequiredValue(server)),
        parsed.GetRequiredValue(token),
        Math.Clamp(parsed.GetValue(count), 1, 5000),
        parsed.GetRequiredValue(prefix),
        parsed.GetValue(rate),
        parsed.GetValue(source),
        parsed.GetValue(data));
    return await fleet.RunAsync(both.Token);
});
return await command.Parse(args).InvokeAsync();
