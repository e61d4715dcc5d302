namespace EdgeFleet.Compression.Recovery;

/// <summary>What a method of accuracy recovery gained.</summary>
/// <param name="Method">Its name, as in recipes: equalize, smooth, adaround, correct-bias.</param>
/// <param name="Before">The metric without it.</param>
/// <param name="After">The metric with it.</param>
/// <param name="Metric">What was measured; higher is better.</param>
/// <param name="Kept">False where it gained nothing and was undone.</param>
/// <param name="Note">What it did, or why it was undone.</param>
public sealed record RecoveryGain(string Method, double Before, double After, string Metric, bool Kept, string Note)
{
    /// <summary>Signal over noise of the model's outputs against the float model's, in decibels, on calibration samples.</summary>
    public const string OutputSqnr = "output SQNR dB";
}
