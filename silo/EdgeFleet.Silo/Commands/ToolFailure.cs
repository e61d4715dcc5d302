using EdgeFleet.Compression;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.OnnxRuntime;

namespace EdgeFleet.Silo.Commands;

/// <summary>Exit codes of the commands that work on model files, and how their errors are told.</summary>
internal static class ToolFailure
{
    public const int Done = 0, BadInput = 2, BelowFloor = 3, Interrupted = 130;

    /// <summary>Runs a command; an expected failure becomes one line and exit code 2, Ctrl-C one line and 130.</summary>
    public static async Task<int> GuardAsync(TextWriter error, Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Stopped; the output was not written.");
            return Interrupted;
        }
        catch (Exception e) when (e is CompressionInputException or ModelRunException or IOException or UnauthorizedAccessException
            or TimeoutException or OrtLibraryNotFoundException or ArgumentOutOfRangeException or FormatException)
        {
            await error.WriteLineAsync(e.Message);
            return BadInput;
        }
    }

    /// <summary>Writes a file so that it is there whole or not at all.</summary>
    public static async Task WriteAtomicallyAsync(FileInfo file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        file.Directory?.Create();
        var temporary = $"{file.FullName}.{Environment.ProcessId}.part";
        try
        {
            await using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                await stream.WriteAsync(bytes, cancellationToken);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, file.FullName, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
