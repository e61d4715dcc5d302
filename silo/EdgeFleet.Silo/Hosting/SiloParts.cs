using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EdgeFleet.Silo.Hosting;

/// <summary>Starts and stops the <see cref="ISiloPart"/>s around the web server.</summary>
internal sealed partial class SiloParts(IEnumerable<ISiloPart> parts, ILogger<SiloParts> logger) : IHostedLifecycleService
{
    private readonly ISiloPart[] _parts = [.. parts];
    private int _started;

    /// <summary>Every part with its health, in the order of start.</summary>
    public IEnumerable<(string Name, PartHealth Health)> Health() =>
        _parts.Select((p, i) => (p.Name, i < Volatile.Read(ref _started) ? p.Health : new PartHealth(false, "not started yet")));

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var part in _parts)
        {
            await part.StartAsync(cancellationToken);
            Volatile.Write(ref _started, _started + 1);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        while (_started > 0)
        {
            var part = _parts[_started - 1];
            Volatile.Write(ref _started, _started - 1);
            try
            {
                await part.StopAsync(cancellationToken);
            }
            catch (Exception e)
            {
                LogStopFailed(part.Name, e);
            }
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(EventId = 1001, Level = LogLevel.Warning, Message = "{Part} did not stop cleanly")]
    private partial void LogStopFailed(string part, Exception exception);
}

internal static class SiloPartServices
{
    /// <summary>Registers a singleton that is also started as a part, after those registered before it.</summary>
    public static IServiceCollection AddSiloPart<T>(this IServiceCollection services)
        where T : class, ISiloPart
    {
        services.TryAddSingleton<T>();
        services.AddSingleton<ISiloPart>(s => s.GetRequiredService<T>());
        return services;
    }
}
