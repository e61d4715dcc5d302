namespace EdgeFleet.Mqtt.Links;

/// <summary>Waits between connects: min · 2^n up to max, of which the upper half is random, so that a fleet does not come back in step.</summary>
internal sealed class ReconnectDelay(TimeSpan min, TimeSpan max, Random random)
{
    private int _failures;

    public TimeSpan Next()
    {
        var factor = Math.Pow(2, Math.Min(_failures, 30));
        _failures++;
        var full = Math.Min(min.TotalMilliseconds * factor, max.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(full * (0.5 + (random.NextDouble() / 2)));
    }

    /// <summary>After a connection that held.</summary>
    public void Reset() => _failures = 0;
}
