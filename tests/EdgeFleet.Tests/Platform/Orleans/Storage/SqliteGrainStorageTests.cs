using EdgeFleet.Platform.Orleans;
using EdgeFleet.Tests.Support;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace EdgeFleet.Tests.Platform.Orleans.Storage;

public sealed class SqliteGrainStorageTests : StorageConformance, IDisposable
{
    private readonly TempFolder _folder = new();
    private SqliteStore _store;

    public SqliteGrainStorageTests() => _store = new SqliteStore(Database);

    private protected override IGrainStorage Storage => new SqliteGrainStorage(_store, new JsonStateSerializer());

    private string Database => _folder.File("data", "grains.db");

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task State_and_etag_survive_a_restart()
    {
        var written = await WriteAsync("one");
        _store.Dispose();
        _store = new SqliteStore(Database);

        var read = await ReadAsync();
        read.State.Text.ShouldBe("one");
        await Storage.WriteStateAsync("s", GrainId.Create("sheet", "eins/ä+1"), written);
        written.ETag.ShouldNotBe(read.ETag);
    }

    [Fact]
    public async Task A_returned_write_is_on_disk_whatever_happens_to_the_process()
    {
        await WriteAsync("one");
        Directory.CreateDirectory(_folder.File("crashed"));
        foreach (var file in Directory.GetFiles(_folder.File("data"), "grains.db*").Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
        {
            // The files as a kill at this instant leaves them.
            File.Copy(file, _folder.File("crashed", Path.GetFileName(file)));
        }

        _store.Dispose();
        _store = new SqliteStore(_folder.File("crashed", "grains.db"));
        (await ReadAsync()).State.Text.ShouldBe("one");
    }

    [Fact]
    public async Task Writes_that_come_together_share_transactions()
    {
        var storage = Storage;
        var before = _store.Commits;

        await Task.WhenAll(Enumerable.Range(0, 2000).Select(i =>
            storage.WriteStateAsync("s", GrainId.Create("sheet", $"{i}"), new GrainState<Sheet>(new Sheet { Text = $"{i}" }))));

        (_store.Commits - before).ShouldBeInRange(2, 400);
    }

    [Fact]
    public async Task A_stale_write_among_others_fails_alone()
    {
        var storage = Storage;
        await WriteAsync("one");

        var writes = Enumerable.Range(0, 20)
            .Select(i => storage.WriteStateAsync("s", i == 10 ? GrainId.Create("sheet", "eins/ä+1") : GrainId.Create("sheet", $"{i}"), new GrainState<Sheet>(new Sheet())))
            .ToList();

        await Should.ThrowAsync<InconsistentStateException>(Task.WhenAll(writes));
        writes.Count(w => w.IsCompletedSuccessfully).ShouldBe(19);
    }

    [Fact]
    public void A_second_silo_on_the_same_file_is_told_who_is_in_the_way()
    {
        var failure = Should.Throw<SqliteStorageException>(() => new SqliteStore(Database));
        failure.Failure.ShouldBe(SqliteFailure.Locked);
        failure.Message.ShouldContain(Database);
        failure.Message.ShouldContain("another");
    }

    [Fact]
    public void A_file_that_is_no_database_is_named()
    {
        var path = _folder.File("broken.db");
        File.WriteAllText(path, string.Concat(Enumerable.Repeat("this is no database. ", 1000)));

        var failure = Should.Throw<SqliteStorageException>(() => new SqliteStore(path));

        failure.Failure.ShouldBe(SqliteFailure.Corrupt);
        failure.Message.ShouldContain(path);
        File.Exists(path).ShouldBeTrue();
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named()
    {
        var file = _folder.File("file");
        File.WriteAllText(file, "");
        Should.Throw<SqliteStorageException>(() => new SqliteStore(Path.Combine(file, "grains.db"))).Failure.ShouldBe(SqliteFailure.NotPermitted);
    }

    [Fact]
    public void A_database_of_a_newer_version_is_refused()
    {
        var path = _folder.File("newer.db");
        using (var connection = new SqliteConnection(path, readOnly: false))
        {
            connection.Execute("PRAGMA user_version = 99");
        }

        Should.Throw<SqliteStorageException>(() => new SqliteStore(path)).Message.ShouldContain("99");
    }

    [Fact]
    public async Task A_full_disk_fails_the_write_that_met_it_and_later_ones_go_on()
    {
        await WriteAsync("one");
        var limit = new Limit(pages: 8);
        _store.Enqueue(limit);
        await limit.Done;

        var large = new GrainState<Sheet>(new Sheet { Text = new string('x', 100_000) });
        var failure = await Should.ThrowAsync<SqliteStorageException>(Storage.WriteStateAsync("s", GrainId.Create("sheet", "large"), large));
        failure.Failure.ShouldBe(SqliteFailure.Full);
        failure.Message.ShouldContain(Database);

        var lifted = new Limit(pages: 100_000);
        _store.Enqueue(lifted);
        await lifted.Done;
        await Storage.WriteStateAsync("s", GrainId.Create("sheet", "large"), large);
        (await ReadAsync()).State.Text.ShouldBe("one");
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_named()
    {
        await WriteAsync("one");
        var failure = await Should.ThrowAsync<SqliteStorageException>(async () =>
            await Storage.ReadStateAsync("s", GrainId.Create("sheet", "eins/ä+1"), new GrainState<List<int>>()));
        failure.Failure.ShouldBe(SqliteFailure.Corrupt);
        failure.Message.ShouldContain("sheet/eins/ä+1");
    }

    [Fact]
    public async Task Closing_writes_what_waits_and_refuses_what_comes_after()
    {
        var storage = Storage;
        var writes = Enumerable.Range(0, 500)
            .Select(i => storage.WriteStateAsync("s", GrainId.Create("sheet", $"{i}"), new GrainState<Sheet>(new Sheet())))
            .ToList();
        _store.Dispose();

        await Task.WhenAll(writes);
        await Should.ThrowAsync<SqliteStorageException>(WriteAsync("late"));
        _store = new SqliteStore(Database);
    }

    /// <summary>Stands for a disk of that size.</summary>
    private sealed class Limit(int pages) : SqliteWrite
    {
        public override void Apply(SqliteConnection connection, SqliteVersions versions) => connection.Execute($"PRAGMA max_page_count = {pages}");
    }
}
