using Orleans;

namespace EdgeFleet.Tests.Platform.Orleans;

public sealed class FirstCallTests
{
    [Fact]
    public async Task A_grain_is_activated_by_its_first_call_and_keeps_its_state_between_activations()
    {
        await using var silo = await TestSilo.StartAsync();
        var counter = silo.Client.GetGrain<ICounterGrain>("a");

        (await counter.Add(2)).ShouldBe(2);
        (await counter.Add(3)).ShouldBe(5);
        (await counter.Key()).ShouldBe("a");

        await silo.DeactivateAsync(counter);
        (await counter.Get()).ShouldBe(5);
        (await silo.Client.GetGrain<ICounterGrain>("b").Get()).ShouldBe(0);
    }

    [Fact]
    public async Task Many_calls_from_many_callers_lose_none()
    {
        await using var silo = await TestSilo.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async caller =>
        {
            var counter = silo.Client.GetGrain<ICounterGrain>($"{caller % 4}");
            for (var i = 0; i < 500; i++)
            {
                await counter.Add(1);
            }
        }));

        for (var i = 0; i < 4; i++)
        {
            (await silo.Client.GetGrain<ICounterGrain>($"{i}").Get()).ShouldBe(2000);
        }
    }
}
