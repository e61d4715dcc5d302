using EdgeFleet.Platform.Orleans;
using EdgeFleet.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace EdgeFleet.Tests.Platform.Orleans.Storage;

public sealed class ConflictTests
{
    [Fact]
    public async Task A_grain_whose_state_was_changed_behind_its_back_fails_once_and_then_reads_it_anew()
    {
        using var folder = new TempFolder();
        await using var silo = await TestSilo.StartAsync(s => s.AddSqliteGrainStorage("store", o => o.Path = folder.File("grains.db")));
        var grain = silo.Client.GetGrain<ICounterGrain>("a");
        await grain.Add(1);

        var storage = silo.Silos[0].ServiceProvider.GetRequiredKeyedService<IGrainStorage>("store");
        var behind = new GrainState<CounterState>();
        await storage.ReadStateAsync("counter", grain.GetGrainId(), behind);
        behind.State.Value = 100;
        await storage.WriteStateAsync("counter", grain.GetGrainId(), behind);

        await Should.ThrowAsync<InconsistentStateException>(grain.Add(1));
        (await grain.Add(1)).ShouldBe(101);
    }
}
