using System.Net.Sockets;
using EdgeFleet.Mqtt;
using EdgeFleet.OnnxRuntime;
using EdgeFleet.Platform.Orleans;
using Microsoft.AspNetCore.Connections;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace EdgeFleet.Silo.Hosting;

/// <summary>Turns what a start-up threw into one line with the cure.</summary>
internal static class StartupFailure
{
    /// <summary>The line; null for an exception that is a bug and shall be seen whole.</summary>
    public static string? Explain(Exception exception)
    {
        var line = exception switch
        {
            StartupException e => e.Message,
            OptionsValidationException e => $"bad setting: {string.Join("; ", e.Failures)} See up --help.",
            InvalidOperationException e when e.Message.StartsWith("Failed to convert configuration value", StringComparison.Ordinal) =>
                $"bad setting: {FirstLine(e.Message)} See up --help.",
            SqliteException e => Database(e),
            SqliteStorageException e => e.Message,
            OrtLibraryNotFoundException e => e.Message,
            MqttLinkException e => $"the broker refused the silo: {e.Message} Check the broker's log and the Mqtt settings.",
            DllNotFoundException e => $"a native library is missing: {FirstLine(e.Message)} Install it, or run ./fleet up, which does.",
            AddressInUseException e => $"a port is in use: {e.Message} Stop what listens there, or choose another address with --url.",
            SocketException e => $"the network refused: {e.Message}. Check --url and the Mqtt settings.",
            UnauthorizedAccessException e => $"{FirstLine(e.Message)} Run as a user who may, or choose another folder with --data.",
            OperationCanceledException => "stopped before it was up.",
            IOException { InnerException: AddressInUseException } e => $"{FirstLine(e.Message)} Stop what listens there, or choose another address with --url.",
            IOException e => $"{FirstLine(e.Message)} Check the disk and the folder given with --data.",
            _ => null,
        };
        return line is null && exception.InnerException is { } inner ? Explain(inner) : line is null ? null : FirstLine(line);
    }

    private static string Database(SqliteException e) => e.SqliteErrorCode switch
    {
        5 or 6 => $"the database is locked ({e.Message}): another process holds it; stop that one, or choose another folder with --data.",
        11 or 26 => $"the database is damaged ({e.Message}): put back a copy of the data folder, or start anew with another --data.",
        13 => $"the disk is full ({e.Message}): free some space, or choose another folder with --data.",
        _ => $"the database refused ({e.Message}): check the folder given with --data.",
    };

    private static string FirstLine(string text)
    {
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }
}
