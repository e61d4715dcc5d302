using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Tests.Grains;

/// <summary>What the silo logged from warnings up, for the message of a test that fails.</summary>
internal sealed class CollectedLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public string Text => string.Join(Environment.NewLine, _lines);

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _lines.Enqueue($"{logLevel} {eventId.Id}: {formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }
}
