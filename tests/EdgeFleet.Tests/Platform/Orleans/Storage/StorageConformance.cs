using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace EdgeFleet.Tests.Platform.Orleans.Storage;

internal sealed class Sheet
{
    public string Text { get; set; } = "fresh";

    public List<int> Numbers { get; set; } = [];
}

/// <summary>What every storage provider must do; each has a class that derives from this one.</summary>
public abstract class StorageConformance
{
    private static readonly GrainId Id = GrainId.Create("sheet", "eins/ä+1");

    private protected abstract IGrainStorage Storage { get; }

    [Fact]
    public async Task Nothing_stored_reads_as_a_fresh_state_without_etag()
    {
        var state = await ReadAsync();
        state.RecordExists.ShouldBeFalse();
        state.ETag.ShouldBeNull();
        state.State.Text.ShouldBe("fresh");
    }

    [Fact]
    public async Task What_was_written_is_read_with_its_etag()
    {
        var written = await WriteAsync("one");
        written.RecordExists.ShouldBeTrue();
        written.ETag.ShouldNotBeNull();

        var read = await ReadAsync();
        read.State.Text.ShouldBe("one");
        read.ETag.ShouldBe(written.ETag);
        read.RecordExists.ShouldBeTrue();
    }

    [Fact]
    public async Task Each_write_gives_a_new_etag()
    {
        var state = await WriteAsync("one");
        var first = state.ETag;
        state.State.Text = "two";
        await Storage.WriteStateAsync("s", Id, state);

        state.ETag.ShouldNotBe(first);
        (await ReadAsync()).State.Text.ShouldBe("two");
    }

    [Fact]
    public async Task A_write_over_a_newer_version_fails_and_changes_nothing()
    {
        var state = await WriteAsync("one");
        var stale = new GrainState<Sheet>(new Sheet { Text = "stale" }, state.ETag);
        state.State.Text = "two";
        await Storage.WriteStateAsync("s", Id, state);

        var conflict = await Should.ThrowAsync<InconsistentStateException>(Storage.WriteStateAsync("s", Id, stale));

        conflict.StoredEtag.ShouldBe(state.ETag);
        conflict.CurrentEtag.ShouldBe(stale.ETag);
        (await ReadAsync()).State.Text.ShouldBe("two");
    }

    [Fact]
    public async Task A_first_write_over_an_existing_record_fails()
    {
        await WriteAsync("one");
        await Should.ThrowAsync<InconsistentStateException>(Storage.WriteStateAsync("s", Id, new GrainState<Sheet>(new Sheet())));
        await Should.ThrowAsync<InconsistentStateException>(Storage.WriteStateAsync("s", Id, new GrainState<Sheet>(new Sheet(), "not of this provider's making")));
    }

    [Fact]
    public async Task A_cleared_state_is_gone_and_its_old_etag_is_never_valid_again()
    {
        var state = await WriteAsync("one");
        var old = state.ETag;
        await Storage.ClearStateAsync("s", Id, state);
        state.ETag.ShouldBeNull();
        state.RecordExists.ShouldBeFalse();
        state.State.Text.ShouldBe("fresh");
        (await ReadAsync()).RecordExists.ShouldBeFalse();

        await Should.ThrowAsync<InconsistentStateException>(Storage.WriteStateAsync("s", Id, new GrainState<Sheet>(new Sheet(), old)));
        await WriteAsync("again");
        await Should.ThrowAsync<InconsistentStateException>(Storage.WriteStateAsync("s", Id, new GrainState<Sheet>(new Sheet(), old)));
    }

    [Fact]
    public async Task Clearing_a_newer_version_fails_and_clearing_nothing_does_not()
    {
        await Storage.ClearStateAsync("s", Id, new GrainState<Sheet>(new Sheet()));
        var state = await WriteAsync("one");
        await Should.ThrowAsync<InconsistentStateException>(Storage.ClearStateAsync("s", Id, new GrainState<Sheet>(new Sheet())));
        await Storage.ClearStateAsync("s", Id, state);
    }

    [Fact]
    public async Task States_are_kept_apart_by_grain_and_by_name()
    {
        await WriteAsync("one");
        var other = new GrainState<Sheet>(new Sheet());
        await Storage.ReadStateAsync("t", Id, other);
        other.RecordExists.ShouldBeFalse();
        await Storage.ReadStateAsync("s", GrainId.Create("sheet", "eins"), other);
        other.RecordExists.ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_read_is_not_what_was_written_but_a_copy()
    {
        var written = await WriteAsync("one");
        written.State.Numbers.Add(1);
        (await ReadAsync()).State.Numbers.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_many_first_writes_at_once_one_wins()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(async () =>
        {
            try
            {
                await Storage.WriteStateAsync("s", Id, new GrainState<Sheet>(new Sheet { Text = $"{i}" }));
                return $"{i}";
            }
            catch (InconsistentStateException)
            {
                return null;
            }
        })));

        (await ReadAsync()).State.Text.ShouldBe(outcomes.Single(o => o is not null));
    }

    private protected async Task<GrainState<Sheet>> ReadAsync()
    {
        var state = new GrainState<Sheet>();
        await Storage.ReadStateAsync("s", Id, state);
        return state;
    }

    private protected async Task<GrainState<Sheet>> WriteAsync(string text)
    {
        var state = new GrainState<Sheet>(new Sheet { Text = text });
        await Storage.WriteStateAsync("s", Id, state);
        return state;
    }
}

public sealed class MemoryStorageTests : StorageConformance
{
    private protected override IGrainStorage Storage { get; } = new MemoryStorage(new JsonStateSerializer());
}
