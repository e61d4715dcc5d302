using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Agent.Inference;

/// <summary>Measures candidates by running them here.</summary>
internal sealed class Prover(TimeProvider time) : IProver
{
    public GoldenVerdict CheckGolden(IServedVariant candidate, GoldenSet golden, CancellationToken cancellationToken)
    {
        var comparison = new GoldenComparison(golden.Tolerance);
        foreach (var example in golden.Cases)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!comparison.Compare(example.Outputs, candidate.RunTensors(example.Inputs)))
            {
                break;
            }
        }

        return comparison.Verdict();
    }

    public AgreementVerdict Compare(
        IServedVariant candidate, IServedVariant incumbent, IReadOnlyList<Sample> recent, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(recent.Count, nameof(recent));
        var candidateMs = new double[recent.Count];
        var incumbentMs = new double[recent.Count];
        var agreed = 0;
        for (var i = 0; i < recent.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var sample = recent[i].Data.Span;

            // Who comes first takes turns: the second finds the sample in the cache.
            int answer, before;
            if (i % 2 == 0)
            {
                (answer, candidateMs[i]) = Timed(candidate, sample);
                (before, incumbentMs[i]) = Timed(incumbent, sample);
            }
            else
            {
                (before, incumbentMs[i]) = Timed(incumbent, sample);
                (answer, candidateMs[i]) = Timed(candidate, sample);
            }

            agreed += answer == before ? 1 : 0;
        }

        return new AgreementVerdict((double)agreed / recent.Count, recent.Count, Median(candidateMs), Median(incumbentMs));
    }

    private (int Top1, double Milliseconds) Timed(IServedVariant variant, ReadOnlySpan<byte> sample)
    {
        var start = time.GetTimestamp();
        var top1 = variant.Run(sample).Top1;
        return (top1, time.GetElapsedTime(start).TotalMilliseconds);
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
