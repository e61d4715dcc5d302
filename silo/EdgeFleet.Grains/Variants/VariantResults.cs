using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Grains.Variants;

/// <summary>What a producer's word is worth. Pure.</summary>
internal static class VariantResults
{
    private const int MaxMessage = 2000;

    /// <summary>A result that claims to be ready without bytes or golden set, or that did not end, has failed.</summary>
    public static VariantInfo Complete(VariantInfo result) => result switch
    {
        { Status: VariantStatus.Ready, Artifact: not null, Golden: not null } or { Status: VariantStatus.Refused or VariantStatus.Failed } => result,
        { Status: VariantStatus.Ready } => result with { Status = VariantStatus.Failed, Message = "the producer gave no bytes or no golden set" },
        _ => result with { Status = VariantStatus.Failed, Message = $"the producer ended with the status {result.Status}" },
    };

    /// <summary>Bounded, and without NaN or infinity, which a stored state can't hold.</summary>
    public static VariantInfo Storable(VariantInfo result) => result with
    {
        Message = result.Message is { Length: > MaxMessage } message ? message[..MaxMessage] : result.Message,
        Quality = result.Quality is not { } quality ? null : quality with
        {
            Top1Agreement = Finite(quality.Top1Agreement, 0),
            Cosine = Finite(quality.Cosine, 0),
            MaxAbsError = Finite(quality.MaxAbsError, double.MaxValue),
            Accuracy = quality.Accuracy is { } accuracy ? Finite(accuracy, 0) : null,
            SourceAccuracy = quality.SourceAccuracy is { } source ? Finite(source, 0) : null,
            LatencyRatio = Finite(quality.LatencyRatio, double.MaxValue),
            Floor = Finite(quality.Floor, 1),
        },
    };

    private static double Finite(double value, double worst) => double.IsFinite(value) ? value : worst;
}
