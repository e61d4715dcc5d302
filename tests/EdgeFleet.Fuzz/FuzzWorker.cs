using System.Diagnostics;
using EdgeFleet.Tests.Compression.Fuzz;

namespace EdgeFleet.Fuzz;

/// <summary>One process of a run. What ends it (a stack that overflows, memory that runs out) ends only it; the supervisor sees at which input.</summary>
internal static class FuzzWorker
{
    /// <summary>Smaller than the stacks that the product runs on.</summary>
    private const int StackBytes = 1 << 20;

    /// <summary>Exit codes; any other says that the process did not get to its end.</summary>
    public const int NothingFound = 0, Found = 3;

    /// <summary>Kinds of findings after which a worker gives up.</summary>
    private const int MostFindings = 32;

    public static int Run(WorkerPlan plan)
    {
        var findings = 0;
        var thread = new Thread(() => findings = Inputs(plan), StackBytes);
        thread.Start();
        thread.Join();
        return findings > 0 ? Found : NothingFound;
    }

    private static int Inputs(WorkerPlan plan)
    {
        using var slot = new WorkerSlot(plan.Slot);
        var loop = new FuzzLoop(FuzzTarget.All().Single(t => t.Name == plan.Target), plan.Seed);
        var started = Stopwatch.GetTimestamp();
        var seen = new HashSet<string>();
        var (done, accepted) = (slot.Done, slot.Accepted);
        for (var index = plan.First; index < plan.Until && seen.Count < MostFindings; index += plan.Step)
        {
            slot.Index = index;
            if (loop.Run(index) is { } finding && seen.Add(FindingFile.KindOf(finding.What)))
            {
                Console.WriteLine(FindingFile.Save(finding, plan.Seed));
            }

            slot.Done = ++done;
            slot.Accepted = accepted + loop.Accepted;
            if (plan.Seconds > 0 && (done & 255) == 0 && Stopwatch.GetElapsedTime(started).TotalSeconds > plan.Seconds)
            {
                break;
            }
        }

        return seen.Count;
    }
}
