using System.Runtime.InteropServices;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Agent.Inference;

/// <summary>Compares outputs with golden ones, element by element. Whatever can't be compared fails.</summary>
internal sealed class GoldenComparison(IReadOnlyDictionary<string, double> tolerances)
{
    private double worst = -1; // error over tolerance, at its largest
    private long elements;
    private int cases;

    public double MaxError { get; private set; }

    public double Tolerance { get; private set; }

    /// <summary>Why it failed first; null while it has not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Compares one case; returns false when it failed, after which comparing further is of no use.</summary>
    public bool Compare(IReadOnlyList<GoldenTensor> expected, IReadOnlyList<GoldenTensor> actual)
    {
        cases++;
        if (expected.Count == 0)
        {
            return Fail($"Golden case {cases} has no outputs.");
        }

        foreach (var tensor in expected)
        {
            if (!CompareTensor(tensor, actual.FirstOrDefault(candidate => candidate.Name == tensor.Name)))
            {
                return false;
            }
        }

        return true;
    }

    public GoldenVerdict Verdict() => Failure is { } failure
        ? new GoldenVerdict(false, MaxError, Tolerance, failure)
        : elements == 0
            ? new GoldenVerdict(false, 0, 0, "The golden set is empty; a check that can't be made counts as failed.")
            : new GoldenVerdict(
                true, MaxError, Tolerance, $"{elements} outputs of {cases} golden cases lie within tolerance; the largest error is {MaxError:G3}.");

    private bool CompareTensor(GoldenTensor expected, GoldenTensor? actual)
    {
        if (actual is null)
        {
            return Fail($"Golden case {cases}: the variant has no output '{expected.Name}'.");
        }

        if (!tolerances.TryGetValue(expected.Name, out var tolerance) || !(tolerance >= 0) || double.IsInfinity(tolerance))
        {
            return Fail($"The golden set names no usable tolerance for output '{expected.Name}'.");
        }

        var want = MemoryMarshal.Cast<byte, float>(expected.Data);
        var have = MemoryMarshal.Cast<byte, float>(actual.Data);
        if (!expected.Dimensions.SequenceEqual(actual.Dimensions) || want.Length != have.Length || want.Length == 0)
        {
            return Fail(
                $"Golden case {cases}: output '{expected.Name}' is [{string.Join(",", actual.Dimensions)}], not [{string.Join(",", expected.Dimensions)}].");
        }

        for (var i = 0; i < want.Length; i++)
        {
            var error = Math.Abs((double)have[i] - want[i]);
            Note(error, tolerance);
            if (!(error <= tolerance))
            {
                return Fail(
                    $"Golden case {cases}: element {i} of output '{expected.Name}' is {have[i]:G6}, not {want[i]:G6}; allowed is a difference of {tolerance:G3}.");
            }
        }

        elements += want.Length;
        return true;
    }

    private void Note(double error, double tolerance)
    {
        // NaN and infinity, from either side, count as without bound.
        var bounded = double.IsFinite(error) ? error : double.MaxValue;
        MaxError = Math.Max(MaxError, bounded);
        var ratio = tolerance > 0 ? bounded / tolerance : bounded > 0 ? double.MaxValue : 0;
        if (ratio > worst)
        {
            worst = ratio;
            Tolerance = tolerance;
        }
    }

    private bool Fail(string reason)
    {
        Failure = reason;
        return false;
    }
}
