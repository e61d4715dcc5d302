using EdgeFleet.Platform.Orleans;
using EdgeFleet.Tests.Support;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace EdgeFleet.Tests.Platform.Orleans;

internal interface IReminderGrain : IGrainWithStringKey
{
    Task Register(string name, TimeSpan due, TimeSpan period);

    Task<bool> Unregister(string name);

    Task<IReadOnlyList<string>> Names();
}

internal sealed class ReminderGrain(Stage stage) : Grain, IReminderGrain, IRemindable
{
    private int _ticks;

    public Task Register(string name, TimeSpan due, TimeSpan period) => this.RegisterOrUpdateReminder(name, due, period);

    public async Task<bool> Unregister(string name)
    {
        if (await this.GetReminder(name) is not { } reminder)
        {
            return false;
        }

        await this.UnregisterReminder(reminder);
        return true;
    }

    public async Task<IReadOnlyList<string>> Names() => [.. (await this.GetReminders()).Select(r => r.ReminderName).Order()];

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        stage.Note($"{reminderName} {++_ticks} of {status.Period:c} at {status.CurrentTickTime:HH:mm:ss}");
        stage.EnterAsync($"{reminderName} at {status.CurrentTickTime:HH:mm:ss}").Ignore();
        return reminderName == "bad" ? throw new OddException("no", 1) : Task.CompletedTask;
    }
}

internal interface IForgetfulGrain : IGrainWithStringKey
{
    Task Register();
}

internal sealed class ForgetfulGrain : Grain, IForgetfulGrain
{
    public Task Register() => this.RegisterOrUpdateReminder("x", TimeSpan.Zero, TimeSpan.FromHours(1));
}

public sealed class ReminderTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly TempFolder _folder = new();
    private readonly Stage _stage = new();
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private InProcessTestCluster _silo = null!;

    private IReminderGrain Grain => _silo.Client.GetGrain<IReminderGrain>("a");

    public async Task InitializeAsync() => _silo = await TestSilo.StartAsync(
        silo =>
        {
            _stage.AddTo(silo);
            silo.UseSqliteReminderService(o => o.Path = _folder.File("reminders.db"));
        },
        _time);

    public async Task DisposeAsync()
    {
        _stage.ReleaseAll();
        await _silo.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_reminder_fires_at_its_due_time_and_then_each_period()
    {
        await Grain.Register("r", 2 * Minute, 5 * Minute);

        _time.Advance(2 * Minute);
        await _stage.EnteredAsync("r at 12:02:00");
        _time.Advance(5 * Minute);
        await _stage.EnteredAsync("r at 12:07:00");

        _stage.Log.Where(l => l.Contains(" of ")).ShouldBe(["r 1 of 00:05:00 at 12:02:00", "r 2 of 00:05:00 at 12:07:00"]);
    }

    [Fact]
    public async Task A_reminder_survives_a_restart_and_activates_its_grain()
    {
        await Grain.Register("r", 2 * Minute, 5 * Minute);
        await _silo.RestartSiloAsync(_silo.Silos[0]);

        _time.Advance(2 * Minute);

        await _stage.EnteredAsync("r at 12:02:00");
    }

    [Fact]
    public async Task Ticks_that_fell_into_a_time_without_a_silo_are_left_out()
    {
        await Grain.Register("r", 2 * Minute, 5 * Minute);
        await _silo.StopAllSilosAsync();
        _time.Advance(14 * Minute);
        await _silo.DeployAsync();

        _time.Advance(3 * Minute);

        await _stage.EnteredAsync("r at 12:17:00");
        _stage.Log.Count(l => l.Contains(" of ")).ShouldBe(1);
    }

    [Fact]
    public async Task Registering_again_replaces_and_unregistering_ends()
    {
        await Grain.Register("r", 2 * Minute, 5 * Minute);
        await Grain.Register("r", 3 * Minute, 10 * Minute);
        await Grain.Register("s", 4 * Minute, 10 * Minute);
        (await Grain.Names()).ShouldBe(["r", "s"]);

        (await Grain.Unregister("s")).ShouldBeTrue();
        (await Grain.Unregister("s")).ShouldBeFalse();
        _time.Advance(3 * Minute);
        await _stage.EnteredAsync("r at 12:03:00");
        _time.Advance(7 * Minute);
        await Grain.Names();
        _stage.Log.Count(l => l.Contains(" of ")).ShouldBe(1);
    }

    [Fact]
    public async Task A_failing_reminder_comes_again()
    {
        await Grain.Register("bad", Minute, Minute);
        _time.Advance(Minute);
        await _stage.EnteredAsync("bad at 12:01:00");
        await Grain.Names();
        await Eventually.True(
            () =>
            {
                _time.Advance(Minute);
                return _stage.Log.Count(l => l.Contains(" of ")) > 1;
            },
            "a second tick");
    }

    [Fact]
    public async Task A_period_below_a_minute_is_refused() =>
        (await Should.ThrowAsync<ArgumentException>(Grain.Register("r", Minute, TimeSpan.FromSeconds(59)))).Message.ShouldContain("00:01:00");

    [Fact]
    public async Task A_grain_that_cannot_be_reminded_is_refused() =>
        (await Should.ThrowAsync<InvalidOperationException>(_silo.Client.GetGrain<IForgetfulGrain>("a").Register())).Message.ShouldContain(nameof(IRemindable));
}
