using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Runtime.References;
using Orleans.Runtime.Silos;
using Orleans.Runtime.Timers;
using Orleans.Storage;
using Orleans.Timers;

namespace Orleans.Hosting;

/// <summary>The services of a silo.</summary>
internal static class SiloServices
{
    /// <summary>Adds them once, however often the silo is configured.</summary>
    public static void Add(IServiceCollection services)
    {
        if (services.Any(s => s.ServiceType == typeof(SiloRuntime)))
        {
            return;
        }

        services.AddOptions();
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<SiloRuntime>();
        services.AddSingleton<IClusterClient>(s => s.GetRequiredService<SiloRuntime>().GrainFactory);
        services.AddSingleton<IGrainFactory>(s => s.GetRequiredService<SiloRuntime>().GrainFactory);
        services.AddSingleton<IGrainRuntime, GrainRuntime>();
        services.AddSingleton<IGrainContextAccessor, GrainContextAccessor>();
        services.AddSingleton<ITimerRegistry, TimerRegistry>();
        services.AddSingleton<SiloLifecycle>();
        services.AddSingleton(s => new SiloIdentity(s.GetRequiredService<IOptions<SiloOptions>>().Value.SiloName ?? Environment.MachineName));
        services.TryAddSingleton<IPersistentStateFactory, PersistentStateFactory>();
        services.TryAddSingleton<IAttributeToFactoryMapper<PersistentStateAttribute>, PersistentStateAttributeMapper>();
        services.TryAddSingleton<IGrainStorageSerializer, JsonStateSerializer>();
        services.AddSingleton<IValidateOptions<GrainCollectionOptions>, GrainCollectionOptionsValidator>();
        services.AddHostedService<SiloHost>();
    }
}
