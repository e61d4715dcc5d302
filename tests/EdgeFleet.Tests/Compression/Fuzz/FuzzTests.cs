namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>The short part of <c>./fleet fuzz</c>; the long one runs millions.</summary>
public sealed class FuzzTests
{
    private const int StackBytes = 1 << 20;

    public static TheoryData<string> Targets => [.. FuzzTarget.All().Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Mutated_inputs_are_taken_or_refused_but_never_crash_swell_or_hang(string name)
    {
        var (finding, accepted) = OnSmallStack<(FuzzFinding? Finding, long Accepted)>(() =>
        {
            var target = FuzzTarget.All().Single(t => t.Name == name);
            var loop = new FuzzLoop(target, seed: 1);
            for (var i = 0L; i < target.Share * 200; i++)
            {
                if (loop.Run(i) is { } found)
                {
                    return (found, loop.Accepted);
                }
            }

            return (null, loop.Accepted);
        });

        finding?.What.ShouldBeNull($"input {finding.Index}: {Convert.ToBase64String(finding.Input)}");
        accepted.ShouldBeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void An_input_is_made_again_from_the_seed_and_its_number(string name)
    {
        var (one, other) = (FuzzTarget.All().Single(t => t.Name == name), FuzzTarget.All().Single(t => t.Name == name));
        Input(other, 7);
        Input(other, 4999).ShouldBe(Input(one, 4999));

        static byte[] Input(FuzzTarget target, long index)
        {
            var random = FuzzRandom.For(3, target.Name, index);
            return target.Input(ref random).ToArray();
        }
    }

    [Fact]
    public void Every_seed_model_is_acceptable_and_comes_out_as_it_was()
    {
        foreach (var seed in SeedModels.All)
        {
            new ReaderTarget().Take(seed).ShouldBeTrue();
            new RoundTripTarget().Take(seed).ShouldBeTrue();
            new PassTarget().Take(seed).ShouldBeTrue();
        }
    }

    /// <summary>A recursion without a bound ends the test host here, and would end a server's thread elsewhere.</summary>
    private static T OnSmallStack<T>(Func<T> work)
    {
        T result = default!;
        var thread = new Thread(() => result = work(), StackBytes);
        thread.Start();
        thread.Join();
        return result;
    }
}
