using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;

namespace EdgeFleet.Tests.Platform.Orleans;

internal interface IHomelessGrain : IGrainWithStringKey
{
    Task Write();
}

internal sealed class HomelessGrain([PersistentState("s", "nowhere")] IPersistentState<CounterState> state) : Grain, IHomelessGrain
{
    public Task Write() => state.WriteStateAsync();
}

internal interface INobodysGrain : IGrainWithStringKey;

internal interface IStatefulGrain : IGrainWithIntegerKey
{
    Task<int> Add(int amount);

    Task Forget();
}

internal sealed class StatefulGrain : Grain<CounterState>, IStatefulGrain
{
    public async Task<int> Add(int amount)
    {
        State.Value += amount;
        await WriteStateAsync();
        return State.Value;
    }

    public Task Forget() => ClearStateAsync();
}

internal interface IKeyGrain : IGrainWithGuidKey, IGrainWithIntegerCompoundKey
{
    Task<string> Describe();
}

internal sealed class KeyGrain : Grain, IKeyGrain
{
    public Task<string> Describe() => Task.FromResult(
        this.GetGrainId().TryGetGuidKey(out var guid, out _) ? $"{guid}" : $"{this.GetPrimaryKeyLong(out var extension)} {extension}");
}

public sealed class HostingTests
{
    [Fact]
    public async Task A_host_built_either_way_runs_a_silo()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans(silo => silo.UseLocalhostClustering().AddMemoryGrainStorage("store"));
        using var modern = builder.Build();
        using var classic = new HostBuilder().UseOrleans(silo => silo.AddMemoryGrainStorage("store")).Build();
        foreach (var host in new[] { modern, classic })
        {
            await host.StartAsync();
            (await host.Services.GetRequiredService<IGrainFactory>().GetGrain<ICounterGrain>("a").Add(1)).ShouldBe(1);
            await host.StopAsync();
        }
    }

    [Fact]
    public async Task Startup_tasks_run_when_grains_can_be_called()
    {
        var found = 0;
        await using var silo = await TestSilo.StartAsync(s => s.AddStartupTask(async (services, _) =>
            found = await services.GetRequiredService<IGrainFactory>().GetGrain<ICounterGrain>("a").Add(5)));
        found.ShouldBe(5);
    }

    [Fact]
    public async Task A_failing_startup_task_keeps_the_silo_from_starting() =>
        await Should.ThrowAsync<OddException>(TestSilo.StartAsync(s => s.AddStartupTask((_, _) => throw new OddException("no", 1))));

    [Fact]
    public async Task A_call_before_the_start_is_refused()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.UseOrleans();
        using var host = builder.Build();
        await Should.ThrowAsync<SiloUnavailableException>(host.Services.GetRequiredService<IClusterClient>().GetGrain<ICounterGrain>("a").Get());
    }

    [Fact]
    public async Task A_grain_without_its_storage_provider_fails_with_both_names()
    {
        await using var silo = await TestSilo.StartAsync();
        var failure = await Should.ThrowAsync<BadProviderConfigException>(silo.Client.GetGrain<IHomelessGrain>("a").Write());
        failure.Message.ShouldContain(nameof(HomelessGrain));
        failure.Message.ShouldContain("\"nowhere\"");
    }

    [Fact]
    public async Task An_interface_without_a_class_or_with_several_is_refused_by_name()
    {
        await using var silo = await TestSilo.StartAsync();
        Should.Throw<ArgumentException>(() => silo.Client.GetGrain<INobodysGrain>("a")).Message.ShouldContain(nameof(INobodysGrain));
        Should.Throw<ArgumentException>(() => silo.Client.GetGrain<ITurnGrain>("a")).Message.ShouldContain(nameof(ReentrantTurnGrain));
    }

    [Fact]
    public async Task A_collection_age_that_could_not_be_kept_stops_the_start() =>
        (await Should.ThrowAsync<OptionsValidationException>(TestSilo.StartAsync(s => s.Configure<GrainCollectionOptions>(o => o.CollectionAge = TimeSpan.FromSeconds(5)))))
        .Message.ShouldContain("00:00:05");

    [Fact]
    public async Task The_base_class_with_state_uses_the_default_provider()
    {
        await using var silo = await TestSilo.StartAsync();
        var grain = silo.Client.GetGrain<IStatefulGrain>(7);
        await grain.Add(2);
        await silo.DeactivateAsync(grain);
        (await grain.Add(3)).ShouldBe(5);

        await grain.Forget();
        (await grain.Add(1)).ShouldBe(1);
    }

    [Fact]
    public async Task Keys_of_all_kinds_come_back_as_they_went_in()
    {
        await using var silo = await TestSilo.StartAsync();
        var guid = Guid.NewGuid();
        (await silo.Client.GetGrain<IKeyGrain>(guid).Describe()).ShouldBe($"{guid}");
        (await silo.Client.GetGrain<IKeyGrain>(-42, "north+south").Describe()).ShouldBe("-42 north+south");
    }

    [Fact]
    public void Grain_ids_are_text_and_back()
    {
        var id = GrainId.Parse("device/a/b");
        id.Type.ToString().ShouldBe("device");
        id.Key.ToString().ShouldBe("a/b");
        id.ShouldBe(GrainId.Create("device", "a/b"));
        Should.Throw<FormatException>(() => GrainId.Parse("nothing"));
    }
}
