using Orleans;
using Orleans.Hosting;

namespace EdgeFleet.Tests.Platform.Orleans;

internal interface IFilteredGrain : IGrainWithStringKey
{
    Task<int> Add(int a, int b);

    Task<int> AddThrough(int a, int b);

    Task Refused();
}

internal sealed class FilteredGrain(Stage stage) : Grain, IFilteredGrain, IIncomingGrainCallFilter
{
    public Task<int> Add(int a, int b) => Task.FromResult(a + b);

    public Task<int> AddThrough(int a, int b) => GrainFactory.GetGrain<IFilteredGrain>("other").Add(a, b);

    public Task Refused() => Task.CompletedTask;

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.MethodName == nameof(Refused))
        {
            throw new UnauthorizedAccessException("not you");
        }

        await context.Invoke();
        stage.Note($"own {context.ImplementationMethod.DeclaringType!.Name}.{context.MethodName} = {context.Result}");
    }
}

public sealed class FilterTests
{
    [Fact]
    public async Task Filters_see_calls_inside_out_and_may_change_the_result()
    {
        var stage = new Stage();
        await using var silo = await TestSilo.StartAsync(builder =>
        {
            stage.AddTo(builder);
            builder.AddIncomingGrainCallFilter(async context =>
            {
                await context.Invoke();
                stage.Note($"first {context.InterfaceName.Split('.')[^1]}.{context.MethodName} of {context.TargetId} = {context.Result}");
                context.Result = (int)context.Result! * 10;
            });
            builder.AddIncomingGrainCallFilter(async context =>
            {
                await context.Invoke();
                stage.Note($"second = {context.Result}");
            });
        });

        (await silo.Client.GetGrain<IFilteredGrain>("a").Add(1, 2)).ShouldBe(30);

        stage.Log.ShouldBe(["own FilteredGrain.Add = 3", "second = 3", "first IFilteredGrain.Add of filtered/a = 3"]);
    }

    [Fact]
    public async Task A_filter_may_refuse_and_the_caller_gets_its_exception()
    {
        var stage = new Stage();
        await using var silo = await TestSilo.StartAsync(stage.AddTo);
        await Should.ThrowAsync<UnauthorizedAccessException>(silo.Client.GetGrain<IFilteredGrain>("a").Refused());
    }

    [Fact]
    public async Task Outgoing_filters_see_calls_of_grains_and_of_clients()
    {
        var stage = new Stage();
        await using var silo = await TestSilo.StartAsync(builder =>
        {
            stage.AddTo(builder);
            builder.AddOutgoingGrainCallFilter(async context =>
            {
                stage.Note($"{context.SourceId?.ToString() ?? "outside"} calls {context.MethodName} of {context.TargetId}");
                await context.Invoke();
                context.Result = (int)context.Result! + 1;
            });
        });

        (await silo.Client.GetGrain<IFilteredGrain>("a").AddThrough(1, 2)).ShouldBe(5);

        stage.Log.Where(l => l.Contains("calls")).ShouldBe(["outside calls AddThrough of filtered/a", "filtered/a calls Add of filtered/other"]);
    }
}
