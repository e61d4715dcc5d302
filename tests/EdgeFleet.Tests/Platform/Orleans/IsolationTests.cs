using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime.Copying;

namespace EdgeFleet.Tests.Platform.Orleans;

internal sealed class Basket
{
    public List<string> Items { get; init; } = [];

    public Basket? Next { get; set; }
}

internal sealed record Tag(string Name, int Weight);

internal sealed record Note(string Text, IReadOnlyList<Tag> Tags);

[Immutable]
internal sealed class Frozen
{
    public byte[] Bytes { get; init; } = [];
}

internal interface IBasketGrain : IGrainWithStringKey
{
    Task Put(Basket basket);

    Task<Basket> Get();

    Task<int> Fill(byte[] bytes);

    Task<string> Introduce(IBasketGrain other);

    Task<string> IntroduceYourselfTo(string other);
}

internal sealed class BasketGrain : Grain, IBasketGrain
{
    private Basket _basket = new();

    public Task Put(Basket basket)
    {
        basket.Items.Add("added by the grain");
        _basket = basket;
        return Task.CompletedTask;
    }

    public Task<Basket> Get() => Task.FromResult(_basket);

    public Task<int> Fill(byte[] bytes)
    {
        Array.Fill(bytes, (byte)7);
        return Task.FromResult(bytes.Length);
    }

    public Task<string> Introduce(IBasketGrain other) => Task.FromResult(other.GetPrimaryKeyString());

    public Task<string> IntroduceYourselfTo(string other) => GrainFactory.GetGrain<IBasketGrain>(other).Introduce(this);
}

public sealed class IsolationTests
{
    [Fact]
    public async Task Caller_and_grain_share_neither_arguments_nor_results()
    {
        await using var silo = await TestSilo.StartAsync();
        var grain = silo.Client.GetGrain<IBasketGrain>("a");
        var mine = new Basket { Items = { "mine" } };
        var bytes = new byte[4];

        await grain.Put(mine);
        mine.Items.Add("later");
        var theirs = await grain.Get();
        theirs.Items.Add("to no effect");
        await grain.Fill(bytes);

        mine.Items.ShouldBe(["mine", "later"]);
        (await grain.Get()).Items.ShouldBe(["mine", "added by the grain"]);
        bytes.ShouldBe(new byte[4]);
    }

    [Fact]
    public async Task A_grain_passes_itself_on_as_a_reference()
    {
        await using var silo = await TestSilo.StartAsync();
        (await silo.Client.GetGrain<IBasketGrain>("a").IntroduceYourselfTo("b")).ShouldBe("a");
    }

    [Fact]
    public void What_cannot_change_is_passed_on_as_it_is()
    {
        var tag = new Tag("x", 1);
        var frozen = new Frozen { Bytes = [1] };
        var immutable = new List<int> { 1 }.AsImmutable();

        DeepCopy.Copy(tag).ShouldBeSameAs(tag);
        DeepCopy.Copy(frozen).ShouldBeSameAs(frozen);
        DeepCopy.Copy(immutable).Value.ShouldBeSameAs(immutable.Value);
        DeepCopy.Copy("text").ShouldBeSameAs("text");
        DeepCopy.Copy((object)tag).ShouldBeSameAs(tag);
    }

    [Fact]
    public void A_record_with_a_list_is_copied_with_its_list_but_not_with_what_is_immutable_in_it()
    {
        var tags = new List<Tag> { new("x", 1) };
        var note = new Note("t", tags);

        var copy = DeepCopy.Copy(note);
        tags.Add(new Tag("y", 2));

        copy.ShouldNotBeSameAs(note);
        copy.Tags.ShouldHaveSingleItem().ShouldBeSameAs(tags[0]);
    }

    [Fact]
    public void Shared_and_circular_references_keep_their_shape()
    {
        var basket = new Basket();
        basket.Next = basket;
        var shared = new List<string> { "s" };

        DeepCopy.Copy(basket).Next!.Next.ShouldNotBeSameAs(basket);
        var loop = DeepCopy.Copy(basket);
        loop.Next.ShouldBeSameAs(loop);
        var pair = DeepCopy.Copy(new object[] { shared, shared, shared });
        pair[0].ShouldBeSameAs(pair[2]);
        pair[0].ShouldNotBeSameAs(shared);
    }

    [Fact]
    public void Collections_of_every_kind_keep_type_content_and_comparer()
    {
        var original = new Dictionary<string, List<int>>(StringComparer.OrdinalIgnoreCase) { ["A"] = [1, 2] };
        var copy = DeepCopy.Copy(original);
        original["A"].Add(3);
        copy["a"].ShouldBe([1, 2]);

        DeepCopy.Copy(new HashSet<int> { 1, 2 }).ShouldBe([1, 2]);
        DeepCopy.Copy(new Queue<int>([1, 2])).ShouldBe([1, 2]);
        DeepCopy.Copy(new SortedDictionary<string, int> { ["b"] = 2, ["a"] = 1 }).Keys.ShouldBe(["a", "b"]);
        DeepCopy.Copy<IReadOnlyList<int>>([1, 2, 3]).ShouldBe([1, 2, 3]);
        DeepCopy.Copy(new int[,] { { 1, 2 }, { 3, 4 } })[1, 0].ShouldBe(3);
        DeepCopy.Copy(new List<string>[,] { { ["x"] } })[0, 0].ShouldBe(["x"]);
        DeepCopy.Copy((1, new List<int> { 2 })).Item2.ShouldBe([2]);
        DeepCopy.Copy<object>((1, new List<int> { 2 })).ShouldBeOfType<(int, List<int>)>().Item2.ShouldBe([2]);

        var memory = new byte[] { 1, 2, 3 };
        var copied = DeepCopy.Copy<ReadOnlyMemory<byte>>(memory.AsMemory(1));
        memory[1] = 9;
        copied.ToArray().ShouldBe([2, 3]);
    }

    [Fact]
    public void What_belongs_to_this_process_is_refused()
    {
        Should.Throw<NotSupportedException>(() => DeepCopy.Copy<Action>(() => { })).Message.ShouldContain("it is code");
        Should.Throw<NotSupportedException>(() => DeepCopy.Copy(new MemoryStream())).Message.ShouldContain("stream");
    }

    [Fact]
    public void A_structure_that_is_too_deep_is_refused_before_the_stack_overflows()
    {
        var deep = new Basket();
        for (var i = 0; i < 100_000; i++)
        {
            deep = new Basket { Next = deep };
        }

        Should.Throw<NotSupportedException>(() => DeepCopy.Copy(deep)).Message.ShouldContain("500");
    }
}
