using System.CommandLine;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Silo.Commands;

/// <summary><c>permute MODEL -o OUT</c>: a valid classifier whose answers are wrong, to see a rollout notice it. Exit codes: 0 done, 2 bad input.</summary>
internal static class PermuteCommand
{
    public static Command Create()
    {
        var model = new Argument<FileInfo>("MODEL") { Description = "The ONNX classifier." };
        var output = new Option<FileInfo>("--output", "-o") { Description = "Where to write the wrong one.", Required = true };
        var command = new Command("permute", "Rotate a classifier's classes by one: a bad version for rehearsals.") { model, output };
        command.SetAction((parsed, cancellationToken) => ToolFailure.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var bytes = await File.ReadAllBytesAsync(parsed.GetRequiredValue(model).FullName, cancellationToken);
            await ToolFailure.WriteAtomicallyAsync(parsed.GetRequiredValue(output), ClassPermutation.Apply(bytes), cancellationToken);
            return ToolFailure.Done;
        }));
        return command;
    }
}
