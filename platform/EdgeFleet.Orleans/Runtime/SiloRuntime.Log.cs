using Microsoft.Extensions.Logging;

namespace Orleans.Runtime;

/// <content>Events 1000 to 1099.</content>
internal sealed partial class SiloRuntime
{
    public void LogActivationFailed(GrainId grain, Exception exception) => ActivationFailed(_logger, grain, exception);

    public void LogDeactivationFailed(GrainId grain, Exception exception) => DeactivationFailed(_logger, grain, exception);

    public void LogTimerFailed(GrainId grain, Exception exception) => TimerFailed(_logger, grain, exception);

    public void LogOneWayFailed(string method, GrainId grain, Exception exception) => OneWayFailed(_logger, method, grain, exception);

    [LoggerMessage(EventId = 1001, Level = LogLevel.Error, Message = "Activation of {Grain} failed")]
    private static partial void ActivationFailed(ILogger logger, GrainId grain, Exception exception);

    [LoggerMessage(EventId = 1002, Level = LogLevel.Error, Message = "Deactivation of {Grain} failed, and goes on")]
    private static partial void DeactivationFailed(ILogger logger, GrainId grain, Exception exception);

    [LoggerMessage(EventId = 1003, Level = LogLevel.Error, Message = "A timer of {Grain} failed, and goes on")]
    private static partial void TimerFailed(ILogger logger, GrainId grain, Exception exception);

    [LoggerMessage(EventId = 1004, Level = LogLevel.Warning, Message = "One-way call {Method} of {Grain} failed; its caller does not learn of it")]
    private static partial void OneWayFailed(ILogger logger, string method, GrainId grain, Exception exception);

    [LoggerMessage(EventId = 1005, Level = LogLevel.Warning, Message = "The silo stopped before {Activations} activations had ended")]
    private partial void LogStoppedWithActivations(int activations);
}
