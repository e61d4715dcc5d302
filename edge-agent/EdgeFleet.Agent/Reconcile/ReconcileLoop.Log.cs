using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Agent.Reconcile;

internal sealed partial class ReconcileLoop
{
    [LoggerMessage(EventId = 5001, Level = LogLevel.Information, Message = "Generation {Generation} asks for {Model} as {Profile} ({Variant})")]
    private partial void LogAdopted(long generation, ModelId model, CompressionProfile profile, string variant);

    [LoggerMessage(EventId = 5002, Level = LogLevel.Information, Message = "Generation {Generation}: {Variant} serves now; agreement {Agreement} on {Compared} recent inputs")]
    private partial void LogActivated(long generation, string variant, double agreement, int compared);

    [LoggerMessage(EventId = 5003, Level = LogLevel.Information, Message = "Generation {Generation} is proved: {Model} as {Profile}")]
    private partial void LogProved(long generation, ModelId model, CompressionProfile profile);

    [LoggerMessage(EventId = 5004, Level = LogLevel.Warning, Message = "Generation {Generation} failed ({Failure}): {Reason}")]
    private partial void LogFailed(long generation, InstallFailure failure, string reason);

    [LoggerMessage(EventId = 5005, Level = LogLevel.Information, Message = "Serving {Model} as {Profile} ({Variant})")]
    private partial void LogServing(ModelId model, CompressionProfile profile, string variant);

    [LoggerMessage(EventId = 5006, Level = LogLevel.Error, Message = "Variant {Variant} can't be served any more: {Reason}")]
    private partial void LogLost(string variant, string reason);

    [LoggerMessage(EventId = 5007, Level = LogLevel.Information, Message = "Generation {Generation} gives way to a newer one")]
    private partial void LogSuperseded(long generation);

    [LoggerMessage(EventId = 5008, Level = LogLevel.Error, Message = "The disk refused a change of state, trying again; what served serves on: {Reason}")]
    private partial void LogDiskRefused(string reason);

    [LoggerMessage(EventId = 5009, Level = LogLevel.Error, Message = "Generation {Generation} is given up: the agent ended {Attempts} times while proving it")]
    private partial void LogCrashLoop(long generation, int attempts);

    [LoggerMessage(EventId = 5010, Level = LogLevel.Warning, Message = "Old artifacts could not be deleted: {Reason}")]
    private partial void LogSweep(string reason);
}
