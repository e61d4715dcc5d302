using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;

namespace EdgeFleet.Platform.Orleans;

/// <summary>Durable storage in one SQLite file. On real Orleans its ADO.NET providers take this place.</summary>
public static class SqliteSiloBuilderExtensions
{
    /// <summary>Grain state under a provider name; "Default" is the one that grains get which name none.</summary>
    public static ISiloBuilder AddSqliteGrainStorage(this ISiloBuilder builder, string name, Action<SqliteStorageOptions> configureOptions)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        AddStores(builder);
        builder.Services.AddOptions<SqliteStorageOptions>(name).Configure(configureOptions);
        builder.Services.AddKeyedSingleton<IGrainStorage>(name, (services, _) =>
        {
            var options = services.GetRequiredService<IOptionsMonitor<SqliteStorageOptions>>().Get(name);
            return new SqliteGrainStorage(
                services.GetRequiredService<SqliteStores>().Of(options.Path),
                options.GrainStorageSerializer ?? services.GetRequiredService<IGrainStorageSerializer>());
        });
        return Open(builder, name);
    }

    /// <summary>Reminders that survive restarts.</summary>
    public static ISiloBuilder UseSqliteReminderService(this ISiloBuilder builder, Action<SqliteStorageOptions> configureOptions)
    {
        const string name = "reminders";
        AddStores(builder);
        builder.AddReminders();
        builder.Services.AddOptions<SqliteStorageOptions>(name).Configure(configureOptions);
        builder.Services.Replace(ServiceDescriptor.Singleton<IReminderTable>(services => new SqliteReminderTable(
            services.GetRequiredService<SqliteStores>().Of(services.GetRequiredService<IOptionsMonitor<SqliteStorageOptions>>().Get(name).Path))));
        return Open(builder, name);
    }

    private static void AddStores(ISiloBuilder builder) => builder.Services.TryAddSingleton<SqliteStores>();

    /// <summary>A database that cannot be opened stops the silo's start, rather than each grain's.</summary>
    private static ISiloBuilder Open(ISiloBuilder builder, string name) => builder.AddStartupTask(
        (services, _) =>
        {
            services.GetRequiredService<SqliteStores>().Of(services.GetRequiredService<IOptionsMonitor<SqliteStorageOptions>>().Get(name).Path);
            return Task.CompletedTask;
        },
        ServiceLifecycleStage.RuntimeStorageServices);
}
