using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Storage;
using EdgeFleet.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeFleet.Tests.Silo.Storage;

public sealed class FleetStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task What_was_told_is_there_after_a_restart()
    {
        await using (var store = Open())
        {
            store.DeviceChanged(Samples.Device("cam-2"));
            store.DeviceChanged(Samples.Device("cam-1"));
            store.ModelChanged(Samples.Model("lenet:1"));
            store.RolloutChanged(Samples.Rollout("r-1"));
        }

        await using var again = Open();
        again.Devices.Select(d => d.Device.Value).ShouldBe(["cam-1", "cam-2"]);
        again.Models.Select(m => m.Manifest.Model.Value).ShouldBe(["lenet:1"]);
        again.Rollout(new RolloutId("r-1"))!.Status.ShouldBe(RolloutStatus.Running);
    }

    [Fact]
    public async Task After_a_flush_it_is_there_even_without_a_clean_stop()
    {
        await using var store = Open();
        store.RolloutChanged(Samples.Rollout("r-1"));

        await store.FlushAsync(CancellationToken.None);

        using var other = FleetDatabase.Open(_folder.File("fleet.db"));
        other.ReadAll().ShouldHaveSingleItem().Id.ShouldBe("r-1");
    }

    [Fact]
    public async Task The_last_word_wins()
    {
        await using (var store = Open())
        {
            store.DeviceChanged(Samples.Device("cam-1", online: true));
            store.DeviceChanged(Samples.Device("cam-1", online: false));
        }

        await using var again = Open();
        again.Device(Samples.Cam1)!.Online.ShouldBeFalse();
    }

    [Fact]
    public async Task A_slow_watcher_sees_each_changed_thing_once()
    {
        await using var store = Open();
        using var watch = store.Subscribe();
        for (var i = 0; i < 1000; i++)
        {
            store.DeviceChanged(Samples.Device("cam-1"));
            store.DeviceChanged(Samples.Device("cam-2"));
        }

        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await using var reader = watch.ReadAllAsync(bound.Token).GetAsyncEnumerator(bound.Token);
        (await reader.MoveNextAsync()).ShouldBeTrue();

        reader.Current.ShouldBe([new FleetChange(FleetEntity.Device, "cam-1"), new FleetChange(FleetEntity.Device, "cam-2")], ignoreOrder: true);
    }

    [Fact]
    public async Task A_document_that_cannot_be_read_is_left_out_and_the_rest_is_there()
    {
        using (var database = FleetDatabase.Open(_folder.File("fleet.db")))
        {
            database.Write([new FleetRow(FleetEntity.Device, "cam-1", "{ \"device\": 7 }"), new FleetRow(FleetEntity.Rollout, "r-1", "null")]);
        }

        await using (var store = Open())
        {
            store.DeviceChanged(Samples.Device("cam-2"));
        }

        await using var again = Open();
        again.Devices.ShouldHaveSingleItem().Device.Value.ShouldBe("cam-2");
        again.Rollouts.ShouldBeEmpty();
    }

    [Fact]
    public void A_database_of_a_newer_silo_is_refused_with_the_cure()
    {
        FleetDatabase.Open(_folder.File("fleet.db")).Dispose();
        Execute("PRAGMA user_version = 99;");

        Should.Throw<StartupException>(() => FleetDatabase.Open(_folder.File("fleet.db"))).Message.ShouldContain("newer silo (schema 99)");
    }

    [Fact]
    public void A_locked_database_is_explained_in_one_line()
    {
        FleetDatabase.Open(_folder.File("fleet.db")).Dispose();
        using var holder = new SqliteConnection($"Data Source={_folder.File("fleet.db")};Pooling=False");
        holder.Open();
        using var command = holder.CreateCommand();
        command.CommandText = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;";
        command.ExecuteNonQuery();

        var locked = Should.Throw<SqliteException>(() => FleetDatabase.Open(_folder.File("fleet.db")));

        var line = StartupFailure.Explain(locked).ShouldNotBeNull();
        line.ShouldContain("the database is locked");
        line.ShouldContain("--data");
        line.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Writing_ten_thousand_devices_takes_few_transactions()
    {
        await using var store = Open();
        for (var i = 0; i < 10_000; i++)
        {
            store.DeviceChanged(Samples.Device($"cam-{i}"));
        }

        await store.FlushAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
        store.Trouble.ShouldBeNull();
    }

    public void Dispose() => _folder.Dispose();

    private FleetStore Open() =>
        new(FleetDatabase.Open(_folder.File("fleet.db")), TimeProvider.System, NullLogger<FleetStore>.Instance);

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.File("fleet.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
