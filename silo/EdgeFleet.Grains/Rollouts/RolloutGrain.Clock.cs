using EdgeFleet.Contracts.Rollouts;
using Orleans;
using Orleans.Runtime;

namespace EdgeFleet.Grains.Rollouts;

/// <content>What drives the steps, and how they are stored.</content>
internal sealed partial class RolloutGrain
{
    private const string ReminderName = "go-on";

    /// <summary>Executions up to which every report is stored and shown at once; above it, the clock does so.</summary>
    private const int SmallRollout = 200;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>The safety net behind the silo's own start-up task.</summary>
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    private IGrainTimer? _clock;
    private bool _unsaved;

    private Task StepAsync() => State.Status switch
    {
        RolloutStatus.Preparing => PrepareAsync(),
        RolloutStatus.Running => RunAsync(),
        RolloutStatus.RollingBack => TakeBackAsync(),
        _ => Task.CompletedTask,
    };

    /// <summary>A step that fails leaves what is stored; the next tick tries again from there.</summary>
    private async Task StepSafelyAsync()
    {
        try
        {
            await StepAsync();
        }
        catch (Exception e)
        {
            LogStepFailed(Id, State.Status, e);
            await ForgetUnsavedAsync();
        }
    }

    private async Task TickAsync()
    {
        await StepSafelyAsync();
        if (_unsaved)
        {
            await SaveAsync();
        }
    }

    private void RunClock()
    {
        if (State.IsActive && _clock is null)
        {
            _clock = this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(TimeSpan.Zero, Tick) { KeepAlive = true });
        }
    }

    private async Task EnterAsync(RolloutStatus status, string text)
    {
        State.Status = status;
        State.Message = text;
        State.Tell(time.GetUtcNow(), text);
        if (State.IsEnded)
        {
            State.EndedAt = time.GetUtcNow();
        }

        await SaveAsync();
        LogEntered(Id, status, text);
        if (State.IsActive)
        {
            RunClock();
        }
        else
        {
            _clock?.Dispose();
            _clock = null;
        }

        if (State.IsEnded)
        {
            await CloseAsync();
        }
    }

    private async Task OpenAsync()
    {
        await Fleet.RolloutOpened(Id);
        await this.RegisterOrUpdateReminder(ReminderName, ReminderPeriod, ReminderPeriod);
    }

    private async Task CloseAsync()
    {
        if (await this.GetReminder(ReminderName) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }

        await Fleet.RolloutClosed(Id);
    }

    private async Task SaveAsync()
    {
        try
        {
            await store.WriteStateAsync();
        }
        catch
        {
            await ForgetUnsavedAsync();
            throw;
        }

        _unsaved = false;
        projection.RolloutChanged(View());
    }

    /// <summary>Reports need no write of their own: after a crash the devices are asked again.</summary>
    private Task SaveSoonAsync()
    {
        _unsaved = true;
        return State.Executions.Count <= SmallRollout || !State.IsActive ? SaveAsync() : Task.CompletedTask;
    }

    private async Task ForgetUnsavedAsync()
    {
        try
        {
            _unsaved = false;
            _byDevice = null;
            await store.ReadStateAsync();
        }
        catch (Exception e)
        {
            // Without a store there is no truth to work from; the reminder starts a new activation when there is one again.
            LogStepFailed(Id, State.Status, e);
            DeactivateOnIdle();
        }
    }
}
