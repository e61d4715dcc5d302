using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using Orleans.Timers;

namespace Orleans.Runtime.Reminders;

/// <summary>Calls grains when their reminders are due. One timer, armed for the earliest.</summary>
internal sealed partial class ReminderService(
    SiloRuntime runtime, IReminderTable table, IOptions<ReminderOptions> options, ILogger<ReminderService> logger)
    : IReminderRegistry, ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>Timers cannot wait for much longer than that.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<(GrainId, string), Reminder> _reminders = [];
    private readonly PriorityQueue<Reminder, DateTime> _due = new();
    private ITimer? _timer;

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe<ReminderService>(ServiceLifecycleStage.RuntimeStorageServices, table.StartAsync, table.StopAsync);
        lifecycle.Subscribe<ReminderService>(ServiceLifecycleStage.Active, StartAsync, StopAsync);
    }

    public async Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.Zero || dueTime > TimeSpan.FromDays(49))
        {
            throw new ArgumentOutOfRangeException(nameof(dueTime), dueTime, "The due time of a reminder must lie between zero and 49 days.");
        }

        if (period < options.Value.MinimumReminderPeriod)
        {
            throw new ArgumentException(
                $"Reminder {reminderName} of {callingGrainId} has a period of {period}; the shortest one is {options.Value.MinimumReminderPeriod}. Use a timer.", nameof(period));
        }

        var entry = new ReminderEntry
        {
            GrainId = callingGrainId,
            ReminderName = reminderName,
            StartAt = runtime.Time.GetUtcNow().UtcDateTime + dueTime,
            Period = period,
        };
        entry.ETag = await table.UpsertRow(entry);
        Schedule(entry);
        return new Handle(entry);
    }

    public async Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder)
    {
        if (reminder is not Handle handle || handle.Entry.GrainId != callingGrainId)
        {
            throw new ArgumentException($"{reminder} is no reminder of {callingGrainId}.", nameof(reminder));
        }

        if (!await table.RemoveRow(callingGrainId, reminder.ReminderName, handle.Entry.ETag)
            && await table.ReadRow(callingGrainId, reminder.ReminderName) is not null)
        {
            throw new ReminderException($"Reminder {reminder.ReminderName} of {callingGrainId} was registered anew since: get it again.");
        }

        lock (_gate)
        {
            _reminders.Remove((callingGrainId, reminder.ReminderName));
        }
    }

    public async Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName) =>
        await table.ReadRow(callingGrainId, reminderName) is { } entry ? new Handle(entry) : null;

    public async Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId) =>
        [.. (await table.ReadRows(callingGrainId)).Reminders.Select(r => new Handle(r))];

    public void Dispose() => _timer?.Dispose();

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = runtime.Time.CreateTimer(static self => ((ReminderService)self!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        foreach (var entry in (await table.ReadRows(0, 0)).Reminders)
        {
            Schedule(entry);
        }
    }

    private Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
            _reminders.Clear();
            _due.Clear();
        }

        return Task.CompletedTask;
    }

    private void Schedule(ReminderEntry entry)
    {
        lock (_gate)
        {
            var reminder = new Reminder(entry);
            _reminders[(entry.GrainId, entry.ReminderName)] = reminder;
            _due.Enqueue(reminder, NextTick(entry, runtime.Time.GetUtcNow().UtcDateTime));
            Arm();
        }
    }

    /// <summary>The first tick at or after now. Ticks that fell into a time without a silo are not made up for.</summary>
    private static DateTime NextTick(ReminderEntry entry, DateTime now)
    {
        if (now <= entry.StartAt)
        {
            return entry.StartAt;
        }

        var periods = (now - entry.StartAt).Ticks / entry.Period.Ticks;
        var last = entry.StartAt.AddTicks(periods * entry.Period.Ticks);
        return last == now ? now : last + entry.Period;
    }

    private void Arm()
    {
        if (_timer is null || !_due.TryPeek(out _, out var due))
        {
            return;
        }

        var wait = due - runtime.Time.GetUtcNow().UtcDateTime;
        _timer.Change(wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestWait ? LongestWait : wait, Timeout.InfiniteTimeSpan);
    }

    private void Fire()
    {
        lock (_gate)
        {
            var now = runtime.Time.GetUtcNow().UtcDateTime;
            while (_due.TryPeek(out var reminder, out var due) && due <= now)
            {
                _due.Dequeue();
                var entry = reminder.Entry;
                if (_reminders.GetValueOrDefault((entry.GrainId, entry.ReminderName)) != reminder)
                {
                    // Replaced or unregistered.
                    continue;
                }

                _due.Enqueue(reminder, NextTick(entry, now.AddTicks(1)));
                if (!reminder.Ticking)
                {
                    reminder.Ticking = true;
                    TickAsync(reminder, new TickStatus(entry.StartAt, entry.Period, now)).Ignore();
                }
            }

            Arm();
        }
    }

    private async Task TickAsync(Reminder reminder, TickStatus status)
    {
        try
        {
            var grain = (IRemindable)(object)runtime.References.Create(typeof(IRemindable), reminder.Entry.GrainId);
            await grain.ReceiveReminder(reminder.Entry.ReminderName, status);
        }
        catch (Exception e)
        {
            LogTickFailed(reminder.Entry.ReminderName, reminder.Entry.GrainId, e);
        }
        finally
        {
            reminder.Ticking = false;
        }
    }

    [LoggerMessage(EventId = 1201, Level = LogLevel.Error, Message = "Reminder {Reminder} of {Grain} failed; the next tick comes as usual")]
    private partial void LogTickFailed(string reminder, GrainId grain, Exception exception);

    private sealed class Reminder(ReminderEntry entry)
    {
        public ReminderEntry Entry => entry;

        /// <summary>A tick is under way: the next one is left out.</summary>
        public volatile bool Ticking;
    }

    private sealed class Handle(ReminderEntry entry) : IGrainReminder
    {
        public ReminderEntry Entry => entry;

        public string ReminderName => entry.ReminderName;

        public override string ToString() => entry.ToString();
    }
}
