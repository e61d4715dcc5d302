using System.CommandLine;
using EdgeFleet.Cli.Output;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;

namespace EdgeFleet.Cli.Commands;

/// <summary><c>devices [ID]</c>: the fleet in a table, or all that is known of one device.</summary>
internal static class DevicesCommand
{
    private static readonly Column[] Columns =
        [new("DEVICE"), new("ONLINE"), new("STATE"), new("MODEL"), new("PROFILE"), new("INFERENCES", Right: true), new("P50", Right: true),
         new("P95", Right: true), new("ACCURACY", Right: true), new("SEEN", Right: true)];

    public static Command Create(Verbs verbs)
    {
        var id = new Argument<DeviceId?>("ID")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "Shows this device only, with everything known of it.",
            CustomParser = result =>
            {
                if (Identifier.IsValid(result.Tokens[0].Value))
                {
                    return new DeviceId(result.Tokens[0].Value);
                }

                result.AddError($"'{result.Tokens[0].Value}' is not a device id.");
                return null;
            },
        };
        var command = new Command("devices", "Shows the fleet's devices.") { id };
        return verbs.On(command, async (parsed, session, cancellationToken) =>
        {
            if (parsed.GetValue(id) is { } one)
            {
                var device = await session.Fleet.DeviceAsync(one, cancellationToken);
                if (session.Json)
                {
                    session.Screen.Json(device, WireJson.Default.DeviceView);
                }
                else
                {
                    session.Screen.Facts(DeviceFacts.Of(device, session.Time.GetUtcNow()));
                }

                return ExitCode.Ok;
            }

            var list = await session.Fleet.DevicesAsync(cancellationToken);
            if (session.Json)
            {
                session.Screen.Json(list, WireJson.Default.DeviceList);
            }
            else if (list.Devices.Count == 0)
            {
                session.Screen.Line("No device has registered yet. Start one with: ./fleet agent --help");
            }
            else
            {
                session.Screen.Table(Columns, [.. list.Devices.Select(d => Row(d, session.Time.GetUtcNow()))]);
            }

            return ExitCode.Ok;
        });
    }

    private static string[] Row(DeviceView device, DateTimeOffset now)
    {
        var serving = DeviceFacts.Serving(device);
        return
        [
            device.Device.Value,
            device.Online ? "online" : "offline",
            device.Reported?.Phase.ToString() ?? "Idle",
            device.Reported?.ActiveModel?.Value ?? "-",
            device.Reported?.ActiveProfile?.Value ?? "-",
            Format.Count(serving?.Inferences ?? 0),
            Format.Milliseconds(serving?.Latency.QuantileMs(0.5)),
            Format.Milliseconds(serving?.Latency.QuantileMs(0.95)),
            Format.Percent(serving?.Accuracy),
            Format.Age(device.LastSeen, now),
        ];
    }
}
