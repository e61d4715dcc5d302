using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Agent.Inference;

/// <summary>Measures a candidate on this device before it may serve.</summary>
internal interface IProver
{
    /// <summary>Runs every golden case and compares every output element.</summary>
    /// <exception cref="VariantException">The candidate can't run the golden inputs.</exception>
    GoldenVerdict CheckGolden(IServedVariant candidate, GoldenSet golden, CancellationToken cancellationToken);

    /// <summary>Runs both on the samples, interleaved, and counts equal top-1 answers.</summary>
    /// <param name="recent">At least one.</param>
    /// <exception cref="VariantException">Either can't run a sample.</exception>
    AgreementVerdict Compare(IServedVariant candidate, IServedVariant incumbent, IReadOnlyList<Sample> recent, CancellationToken cancellationToken);
}

/// <summary>How well golden outputs were reproduced. An empty set, a missing output, a NaN or a missing tolerance never passes.</summary>
/// <param name="Passed">Every element lies within its output's tolerance.</param>
/// <param name="MaxError">Largest absolute difference.</param>
/// <param name="Tolerance">The tolerance that applied where the error was largest relative to it.</param>
/// <param name="Message">One sentence: what was compared and where it failed.</param>
internal sealed record GoldenVerdict(bool Passed, double MaxError, double Tolerance, string Message);

/// <summary>How often candidate and incumbent agree.</summary>
/// <param name="Agreement">Share in [0, 1] of samples with the same top-1 answer.</param>
/// <param name="Compared">Samples compared.</param>
/// <param name="CandidateP50Ms">Candidate's median latency.</param>
/// <param name="IncumbentP50Ms">Incumbent's median latency on the same samples.</param>
internal sealed record AgreementVerdict(double Agreement, int Compared, double CandidateP50Ms, double IncumbentP50Ms);
