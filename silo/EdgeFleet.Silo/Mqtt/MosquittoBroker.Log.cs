namespace EdgeFleet.Silo.Mqtt;

/// <summary>What the supervisor says.</summary>
internal sealed partial class MosquittoBroker
{
    [LoggerMessage(EventId = 1911, Level = LogLevel.Information, Message = "the broker listens on {Host}:{Port}")]
    private partial void LogStarted(string host, int port);

    [LoggerMessage(EventId = 1912, Level = LogLevel.Warning, Message = "the broker ended by itself, and is started again in {PauseMs} ms; it said: {LastLines}")]
    private partial void LogRestart(string lastLines, long pauseMs);

    [LoggerMessage(EventId = 1913, Level = LogLevel.Error, Message = "the broker can't be kept running")]
    private partial void LogSupervisionFailed(Exception exception);

    [LoggerMessage(EventId = 1914, Level = LogLevel.Error, Message = "the broker died {Deaths} times at its start; its stored messages were put aside as {File}")]
    private partial void LogStorePutAside(int deaths, string file);

    [LoggerMessage(EventId = 1915, Level = LogLevel.Information, Message = "the broker's certificate was renewed")]
    private partial void LogRenewed();

    [LoggerMessage(EventId = 1916, Level = LogLevel.Error, Message = "the broker's certificate could not be renewed")]
    private partial void LogRenewalFailed(Exception exception);
}
