using EdgeFleet.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace EdgeFleet.Tests.Platform.Orleans;

/// <summary>A silo with a clock that the test moves.</summary>
public abstract class LifeTest : IAsyncLifetime
{
    private protected Stage Stage { get; } = new();

    private protected Trouble Trouble { get; } = new();

    private protected ManualTimeProvider Time { get; } = new();

    private protected InProcessTestCluster Silo { get; private set; } = null!;

    private protected ILifeGrain Grain => Of<LifeGrain>("a");

    public async Task InitializeAsync() => Silo = await TestSilo.StartAsync(
        silo =>
        {
            Stage.AddTo(silo);
            silo.Services.AddSingleton(Trouble).AddScoped<Belonging>();
            Configure(silo);
        },
        Time);

    public async Task DisposeAsync()
    {
        Stage.ReleaseAll();
        await Silo.DisposeAsync();
    }

    private protected virtual void Configure(ISiloBuilder silo)
    {
    }

    private protected ILifeGrain Of<TGrain>(string key)
        where TGrain : ILifeGrain => Silo.Client.GetGrain<ILifeGrain>(key, typeof(TGrain).FullName);

    private protected IGrainContext Context(IAddressable grain) => Silo.TryGetGrainContext(grain.GetGrainId(), out var context)
        ? context
        : throw new InvalidOperationException($"{grain} has no activation.");

    private protected bool IsActive(IAddressable grain) => Silo.TryGetGrainContext(grain.GetGrainId(), out _);
}
