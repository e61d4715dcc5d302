using Microsoft.Extensions.Logging.Console;

namespace EdgeFleet.Silo.Hosting;

/// <summary>One line per event, on standard error, so that standard output keeps to what was asked for.</summary>
internal static class SiloLogging
{
    /// <summary>Levels where no setting says otherwise.</summary>
    public static IReadOnlyDictionary<string, string?> Defaults { get; } = new Dictionary<string, string?>
    {
        ["Logging:LogLevel:Default"] = "Warning",
        ["Logging:LogLevel:EdgeFleet"] = "Information",
    };

    /// <param name="logging">Where to.</param>
    /// <param name="started">True once start-up is over: until then its failures are told by <see cref="StartupFailure"/>, in one line.</param>
    public static ILoggingBuilder AddSiloConsole(this ILoggingBuilder logging, Func<bool> started)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.ColorBehavior = LoggerColorBehavior.Default;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level >= LogLevel.Warning && started());
        return logging;
    }
}
