using EdgeFleet.Agent.State;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Agent.State;

public sealed class StateStoreTests
{
    private static readonly AgentState First = Some.State(InstallPhase.Soaking, Some.Desired(7, "b"), "b", "a") with { Sequence = 1, Message = "first" };

    private static readonly AgentState Second = First with { Sequence = 2, Phase = InstallPhase.Proved, Message = "second" };

    [Fact]
    public void What_was_saved_last_comes_back()
    {
        using var folder = new TempFolder();
        var store = new StateStore(folder.Path);
        store.Load().ShouldBeNull();
        store.Save(First);
        store.Save(Second);

        var again = new StateStore(folder.Path);
        again.Load().ShouldBe(Second);
        again.Damaged.ShouldBeFalse();
    }

    [Fact]
    public void A_save_torn_at_any_byte_leaves_the_state_before_it_or_the_new_one()
    {
        using var folder = new TempFolder();
        var store = new StateStore(folder.Path);
        store.Load();
        store.Save(First);
        store.Save(First with { Message = "older, in the slot that the next save overwrites" });
        var before = File.ReadAllBytes(folder.File("state-a"));
        store.Save(Second);
        var after = File.ReadAllBytes(folder.File("state-a"));
        after.ShouldNotBe(before);
        var meaningful = Array.FindLastIndex(after, b => b != (byte)' ') + 2;

        for (var written = 0; written < meaningful; written++)
        {
            File.WriteAllBytes(folder.File("state-a"), [.. after[..written], .. before[written..]]);
            var loaded = new StateStore(folder.Path).Load().ShouldNotBeNull();
            loaded.ShouldBeOneOf(Second, First with { Message = "older, in the slot that the next save overwrites" });
        }
    }

    [Fact]
    public void After_a_torn_save_the_next_one_overwrites_the_torn_slot()
    {
        using var folder = new TempFolder();
        var store = new StateStore(folder.Path);
        store.Load();
        store.Save(First);
        store.Save(Second);
        File.WriteAllText(folder.File("state-b"), "torn");

        var recovered = new StateStore(folder.Path);
        recovered.Load().ShouldBe(First);
        recovered.Save(Second with { Message = "third" });
        new StateStore(folder.Path).Load()!.Message.ShouldBe("third");
        new StateStore(folder.Path).Load()!.Sequence.ShouldBe(2);
    }

    [Fact]
    public void Two_damaged_slots_are_reported_as_damage_and_not_as_a_new_folder()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("state-a"), "garbage\n");
        File.WriteAllText(folder.File("state-b"), "EFS1 1 5 00\nhello");
        var store = new StateStore(folder.Path);
        store.Load().ShouldBeNull();
        store.Damaged.ShouldBeTrue();
    }

    [Fact]
    public void Saving_takes_no_new_room_once_the_slots_are_there()
    {
        using var folder = new TempFolder();
        var store = new StateStore(folder.Path);
        store.Load();
        store.Save(First);
        var sizes = Sizes();
        for (var i = 0; i < 20; i++)
        {
            store.Save(First with { Sequence = i, Message = new string('x', i * 50) });
        }

        Sizes().ShouldBe(sizes);

        long[] Sizes() => [new FileInfo(folder.File("state-a")).Length, new FileInfo(folder.File("state-b")).Length];
    }

    [Fact]
    public void The_keeper_numbers_each_state_and_keeps_its_incarnation_across_restarts()
    {
        using var folder = new TempFolder();
        var time = new ManualTimeProvider();
        var keeper = new StateKeeper(new StateStore(folder.Path), time);
        var incarnation = keeper.Current.Incarnation;
        keeper.Current.Sequence.ShouldBe(1);
        var changes = 0;
        keeper.Changed += () => changes++;
        keeper.Save(keeper.Current with { Generation = 4 });

        var again = new StateKeeper(new StateStore(folder.Path), time);
        again.Current.Sequence.ShouldBe(2);
        again.Current.Generation.ShouldBe(4);
        again.Current.Incarnation.ShouldBe(incarnation);
        changes.ShouldBe(1);
    }

    [Fact]
    public void A_second_agent_on_the_same_folder_is_told_so()
    {
        using var folder = new TempFolder();
        using var held = DataFolder.Open(folder.Path);
        Should.Throw<DataFolderException>(() => DataFolder.Open(folder.Path)).Message.ShouldContain("in use by another agent");
    }
}
