using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Silo.Storage;
using Microsoft.AspNetCore.Components;

namespace EdgeFleet.Silo.Dashboard;

/// <summary>The one page. It reads the projection again whenever something changed, a few times per second at most.</summary>
public sealed partial class FleetPage : ComponentBase, IAsyncDisposable
{
    private const int MostRollouts = 8;

    /// <summary>Changes within this time are drawn together.</summary>
    private static readonly TimeSpan Conflation = TimeSpan.FromMilliseconds(250);

    /// <summary>Without any change, ages such as "5 s ago" still move.</summary>
    private static readonly TimeSpan Ageing = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _left = new();
    private readonly RateMeter _rate = new();
    private IReadOnlyList<DeviceView> _devices = [];
    private IReadOnlyList<ModelView> _models = [];
    private IReadOnlyList<RolloutInfo> _rollouts = [];
    private DateTimeOffset _now;
    private Task _following = Task.CompletedTask;

    [Inject]
    private FleetStore Storage { get; set; } = null!;

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    public async ValueTask DisposeAsync()
    {
        await _left.CancelAsync();
        await _following;
        _left.Dispose();
    }

    protected override void OnInitialized() => Read();

    /// <remarks>Only a page with a connection comes here: what is rendered for the first answer follows nothing.</remarks>
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
        {
            _following = Task.WhenAll(FollowAsync(), AgeAsync());
        }
    }

    private void Read()
    {
        _now = Time.GetUtcNow();
        _devices = Storage.Devices;
        _models = Storage.Models;
        _rollouts = Storage.Rollouts;
        _rate.Add(_now, _devices.Sum(d => d.Totals.Sum(t => t.Inferences)));
    }

    private async Task FollowAsync()
    {
        using var subscription = Storage.Subscribe();
        try
        {
            // What changed between the first drawing and the subscription is on the page with this.
            await RedrawAsync();
            await foreach (var _ in subscription.ReadAllAsync(_left.Token))
            {
                await RedrawAsync();
                await Task.Delay(Conflation, Time, _left.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The visitor left.
        }
    }

    private async Task AgeAsync()
    {
        using var timer = new PeriodicTimer(Ageing, Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_left.Token))
            {
                await RedrawAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The visitor left.
        }
    }

    private Task RedrawAsync() => InvokeAsync(() =>
    {
        Read();
        StateHasChanged();
    });
}
