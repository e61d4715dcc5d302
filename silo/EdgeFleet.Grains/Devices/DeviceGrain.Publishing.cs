using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Grains.Devices;

/// <content>
/// Brings the desired state to the broker. Runs on the activation's scheduler between the turns, so that a missing broker holds up no
/// report. An activation that ends meanwhile leaves the rest to the next one, which sees that the device is behind.
/// </content>
internal sealed partial class DeviceGrain
{
    /// <summary>How long one attempt may take.</summary>
    private static readonly TimeSpan PublishLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _ending = new();
    private Task _publishing = Task.CompletedTask;
    private long _published;

    /// <summary>The device is back: where it is behind, the broker may have lost the retained message.</summary>
    private void PublishAgainWhereBehind()
    {
        _published = 0;
        PublishWhereBehind();
    }

    /// <summary>Publishes where the device does not speak of the desired generation, and this activation has not published it yet.</summary>
    private void PublishWhereBehind()
    {
        var heardOf = State.Reported?.Generation ?? 0;
        if (State.Desired is { } desired && heardOf < desired.Generation && _published < desired.Generation && _publishing.IsCompleted)
        {
            _publishing = PublishUntilTakenAsync();
        }
    }

    private async Task PublishUntilTakenAsync()
    {
        var pause = FirstPause;
        while (!_ending.IsCancellationRequested && State.Desired is { } desired && _published < desired.Generation)
        {
            try
            {
                await PublishNowAsync(desired);
                pause = FirstPause;
            }
            catch (Exception e)
            {
                if (_ending.IsCancellationRequested)
                {
                    return;
                }

                LogPublishLater(Id, desired.Generation, pause, e.Message);
                await Task.Delay(pause, time, _ending.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Current);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private async Task PublishNowAsync(DesiredState desired)
    {
        using var limit = new CancellationTokenSource(PublishLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _ending.Token);
        await publisher.PublishAsync(desired, either.Token);
        _published = Math.Max(_published, desired.Generation);
    }

    private async Task StopPublishingAsync()
    {
        await _ending.CancelAsync();
        await _publishing;
    }

    [LoggerMessage(EventId = 2003, Level = LogLevel.Warning, Message = "Desired state {Generation} of {Device} is not published yet, next attempt in {Pause}: {Reason}")]
    private partial void LogPublishLater(DeviceId device, long generation, TimeSpan pause, string reason);
}
