using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Orleans.Runtime.Silos;

/// <summary>Starts and stops the silo with the host: storage first, then grains, then start-up tasks.</summary>
internal sealed partial class SiloHost(
    SiloRuntime runtime, SiloLifecycle lifecycle, IEnumerable<ILifecycleParticipant<ISiloLifecycle>> participants, SiloIdentity identity, ILogger<SiloHost> logger)
    : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var participant in participants)
        {
            participant.Participate(lifecycle);
        }

        try
        {
            await lifecycle.Stages.StartAsync(ServiceLifecycleStage.BecomeActive - 1, cancellationToken);
            runtime.Start();
            await lifecycle.Stages.StartAsync(ServiceLifecycleStage.Last, cancellationToken);
        }
        catch
        {
            runtime.Kill();
            await lifecycle.Stages.StopAsync(ServiceLifecycleStage.First, CancellationToken.None);
            throw;
        }

        LogStarted(identity.Name);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await lifecycle.Stages.StopAsync(ServiceLifecycleStage.BecomeActive, cancellationToken);
        await runtime.StopAsync(cancellationToken);
        await lifecycle.Stages.StopAsync(ServiceLifecycleStage.First, cancellationToken);
        LogStopped(identity.Name);
    }

    [LoggerMessage(EventId = 1101, Level = LogLevel.Information, Message = "Silo {Silo} takes calls")]
    private partial void LogStarted(string silo);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Information, Message = "Silo {Silo} has stopped")]
    private partial void LogStopped(string silo);
}
