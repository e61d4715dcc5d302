using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Tests.Compression.Recovery;

public sealed class RoundingSolverTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    public void Inputs_that_always_agree_are_rounded_against_each_other(int iterations)
    {
        // Both inputs are always equal, so only the sum of the weights counts: 0.4 + 0.4 is nearer to 1 than to 0.
        var solver = new RoundingSolver([1, 1, 1, 1], 2, 127);
        var rounded = new sbyte[2];
        solver.Solve([0.4f, 0.4f], iterations, rounded);
        (rounded[0] + rounded[1]).ShouldBe(1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    public void Independent_inputs_are_rounded_to_nearest(int iterations)
    {
        var solver = new RoundingSolver([1, 0, 0, 0, 2, 0, 0, 0, 3], 3, 127);
        var rounded = new sbyte[3];
        solver.Solve([0.4f, -1.6f, 7.5f], iterations, rounded);
        rounded[..2].ShouldBe(new sbyte[] { 0, -2 });
        rounded[2].ShouldBeOneOf((sbyte)7, (sbyte)8);
    }

    [Theory]
    [InlineData(0, 0.7)]
    [InlineData(300, 0.8)]
    public void Few_inputs_are_rounded_nearly_as_well_as_trying_all_combinations_does(int iterations, double least)
    {
        var (gained, gainable) = (0d, 0d);
        var (better, possible) = (0, 0);
        for (var seed = 0; seed < 20; seed++)
        {
            var (moments, row) = Problem(8, seed);
            var solver = new RoundingSolver(moments, 8, 127);
            var best = Enumerable.Range(0, 256).Min(bits => solver.Loss(row, [.. row.Select((w, k) => MathF.Floor(w) + ((bits >> k) & 1))]));
            var nearest = solver.Loss(row, Array.ConvertAll(row, w => MathF.Round(w)));
            var rounded = new sbyte[8];
            solver.Solve(row, iterations, rounded);
            var loss = solver.Loss(row, Array.ConvertAll(rounded, r => (float)r));
            loss.ShouldBeLessThanOrEqualTo(nearest + 1e-4);
            better += loss < nearest - 1e-4 ? 1 : 0;
            possible += best < nearest - 1e-4 ? 1 : 0;
            (gained, gainable) = (gained + nearest - loss, gainable + nearest - best);
        }

        better.ShouldBeGreaterThan(possible / 3);
        (gained / gainable).ShouldBeInRange(least, 1.0001);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(127)]
    public void The_limit_holds_and_no_weight_moves_by_a_whole_step(int limit)
    {
        var (moments, row) = Problem(32, 3);
        row = Array.ConvertAll(row, w => Math.Clamp(w * 12, -limit, limit));
        (row[0], row[1]) = (limit, -limit + 0.2f);
        var rounded = new sbyte[32];
        new RoundingSolver(moments, 32, limit).Solve(row, 100, rounded);
        rounded.Zip(row).ShouldAllBe(r => Math.Abs((int)r.First) <= limit && Math.Abs(r.First - r.Second) <= 1.0001f);
    }

    [Fact]
    public void The_same_problem_has_the_same_answer()
    {
        var (moments, row) = Problem(24, 9);
        var (one, two) = (new sbyte[24], new sbyte[24]);
        new RoundingSolver(moments, 24, 64).Solve(row, 150, one);
        new RoundingSolver(moments, 24, 64).Solve(row, 150, two);
        one.ShouldBe(two);
    }

    [Fact]
    public void Inputs_that_are_always_zero_leave_nearest_rounding()
    {
        var rounded = new sbyte[2];
        new RoundingSolver(new double[4], 2, 64).Solve([1.4f, -2.6f], 100, rounded);
        rounded.ShouldBe(new sbyte[] { 1, -3 });
    }

    /// <summary>Weights in [-8, 8) and second moments of inputs that go together.</summary>
    private static (double[] Moments, float[] Row) Problem(int columns, int seed)
    {
        var random = new Random(seed);
        var moments = new double[columns * columns];
        for (var sample = 0; sample < columns * 2; sample++)
        {
            var shared = random.NextDouble() * 2;
            var x = Enumerable.Range(0, columns).Select(_ => shared + random.NextDouble()).ToArray();
            for (var i = 0; i < moments.Length; i++)
            {
                moments[i] += x[i / columns] * x[i % columns];
            }
        }

        return (moments, [.. Enumerable.Range(0, columns).Select(_ => (random.NextSingle() * 16) - 8)]);
    }
}
