using System.Globalization;

namespace EdgeFleet.Fuzz;

/// <summary>What one process of a run does: every <see cref="Step"/>-th input of one target from <see cref="First"/> on.</summary>
/// <param name="Target">Name of the target.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="First">First input.</param>
/// <param name="Step">Processes that share the inputs.</param>
/// <param name="Until">Input before which it ends.</param>
/// <param name="Seconds">Time after which it ends, 0 for none.</param>
/// <param name="Slot">File that shows how far it is: the input at hand, then the inputs done, then those accepted.</param>
internal sealed record WorkerPlan(string Target, ulong Seed, long First, long Step, long Until, double Seconds, string Slot)
{
    public static WorkerPlan Parse(string text)
    {
        var parts = text.Split('|');
        return new(
            parts[0], ulong.Parse(parts[1], CultureInfo.InvariantCulture), long.Parse(parts[2], CultureInfo.InvariantCulture), long.Parse(parts[3], CultureInfo.InvariantCulture),
            long.Parse(parts[4], CultureInfo.InvariantCulture), double.Parse(parts[5], CultureInfo.InvariantCulture), parts[6]);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Target}|{Seed}|{First}|{Step}|{Until}|{Seconds}|{Slot}");
}
