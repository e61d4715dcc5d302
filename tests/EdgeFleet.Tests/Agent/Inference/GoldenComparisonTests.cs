using EdgeFleet.Agent.Inference;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Tests.Agent.Inference;

public sealed class GoldenComparisonTests
{
    [Theory]
    [InlineData(1.25f, true)]
    [InlineData(1.2500001f, false)]
    [InlineData(0.75f, true)]
    [InlineData(0.7499999f, false)]
    [InlineData(float.NaN, false)]
    [InlineData(float.PositiveInfinity, false)]
    public void An_element_passes_up_to_its_tolerance(float actual, bool passes) =>
        Verdict(0.25, Golden.Tensor("y", [1], 1f), Golden.Tensor("y", [1], actual)).Passed.ShouldBe(passes);

    [Fact]
    public void A_golden_nan_fails_even_when_it_is_reproduced() =>
        Verdict(1, Golden.Tensor("y", [1], float.NaN), Golden.Tensor("y", [1], float.NaN)).Passed.ShouldBeFalse();

    [Fact]
    public void A_tolerance_of_zero_wants_equality()
    {
        Verdict(0, Golden.Tensor("y", [2], 1, 2), Golden.Tensor("y", [2], 1, 2)).Passed.ShouldBeTrue();
        Verdict(0, Golden.Tensor("y", [2], 1, 2), Golden.Tensor("y", [2], 1, 2.0000002f)).Passed.ShouldBeFalse();
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-1)]
    [InlineData(double.PositiveInfinity)]
    public void A_tolerance_that_bounds_nothing_fails(double tolerance) =>
        Verdict(tolerance, Golden.Tensor("y", [1], 1), Golden.Tensor("y", [1], 1)).Passed.ShouldBeFalse();

    [Fact]
    public void What_can_not_be_compared_fails_and_says_why()
    {
        var y = Golden.Tensor("y", [2], 1, 2);
        Verdict(1, y, Golden.Tensor("z", [2], 1, 2)).Message.ShouldContain("no output 'y'");
        Verdict(1, y, Golden.Tensor("y", [1, 2], 1, 2)).Message.ShouldContain("[1,2], not [2]");
        Verdict(1, Golden.Tensor("other", [2], 1, 2), Golden.Tensor("other", [2], 1, 2)).Message.ShouldContain("tolerance for output 'other'");
        var empty = new GoldenComparison(new Dictionary<string, double>());
        empty.Verdict().Passed.ShouldBeFalse();
        empty.Compare([], []).ShouldBeFalse();
        Verdict(1, Golden.Tensor("y", [0]), Golden.Tensor("y", [0])).Passed.ShouldBeFalse();
    }

    [Fact]
    public void The_verdict_has_the_largest_error_and_names_the_first_failure()
    {
        var comparison = new GoldenComparison(new Dictionary<string, double> { ["y"] = 0.5 });
        comparison.Compare([Golden.Tensor("y", [2], 0, 0)], [Golden.Tensor("y", [2], 0.25f, -0.125f)]).ShouldBeTrue();
        comparison.Verdict().MaxError.ShouldBe(0.25);
        comparison.Compare([Golden.Tensor("y", [2], 0, 0)], [Golden.Tensor("y", [2], 0.25f, 3)]).ShouldBeFalse();
        var verdict = comparison.Verdict();
        verdict.Passed.ShouldBeFalse();
        verdict.MaxError.ShouldBe(3);
        verdict.Tolerance.ShouldBe(0.5);
        verdict.Message.ShouldBe("Golden case 2: element 1 of output 'y' is 3, not 0; allowed is a difference of 0.5.");
    }

    private static GoldenVerdict Verdict(double tolerance, GoldenTensor expected, GoldenTensor actual)
    {
        var comparison = new GoldenComparison(new Dictionary<string, double> { ["y"] = tolerance });
        comparison.Compare([expected], [actual]);
        return comparison.Verdict();
    }
}
