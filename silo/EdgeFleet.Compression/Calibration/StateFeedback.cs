namespace EdgeFleet.Compression.Calibration;

/// <summary>An output that becomes an input of the next run of the same sequence.</summary>
/// <param name="Output">Name of the model's output.</param>
/// <param name="Input">Name of the model's input.</param>
public sealed record StateFeedback(string Output, string Input)
{
    /// <summary>Reads <c>output=input</c>.</summary>
    /// <returns>Null where it is not that.</returns>
    public static StateFeedback? Parse(string text) =>
        text.Split('=', StringSplitOptions.TrimEntries) is [{ Length: > 0 } output, { Length: > 0 } input] ? new(output, input) : null;
}
