namespace EdgeFleet.Cli.Http;

/// <summary>The server understood and said no; the message is its title and detail in one line.</summary>
internal sealed class ServerRefusedException(string title, string? detail, int status)
    : Exception(ProblemReader.OneLine(detail is null ? title : $"{title.TrimEnd('.')}: {detail}"))
{
    /// <summary>HTTP status.</summary>
    public int Status { get; } = status;
}

/// <summary>No silo answers; the message names the address and the cure.</summary>
internal sealed class ServerUnreachableException(Uri server, string reason, Exception? inner)
    : Exception($"no silo answers at {server}: {ProblemReader.OneLine(reason).TrimEnd('.')}. Start one with ./fleet up, or name another with --server URL.", inner);
