using System.Globalization;
using EdgeFleet.OnnxRuntime;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.OnnxRuntime;

public sealed class ResidentMemoryTests
{
    [Fact]
    public void Code_that_ran_once_is_given_back_and_still_runs()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Linear(3, 2, [1, 0, 0, 1, 1, 1]));
        var before = FileKiB();
        var dropped = ResidentMemory.GiveBack();
        dropped.ShouldBeGreaterThan(8 << 20);
        (before - FileKiB()).ShouldBeGreaterThan(4 << 10);
        Answer(session, 7).ShouldBe([8, 3]);
    }

    [Fact]
    public async Task It_is_given_back_again_and_again_while_others_run_what_is_given_back()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Linear(3, 2, [1, 0, 0, 1, 1, 1]), new OrtSessionOptions { IntraOpThreads = 1 });
        using var stop = new CancellationTokenSource();
        var runs = Enumerable.Range(0, 3).Select(worker => Task.Factory.StartNew(
            () =>
            {
                var count = 0;
                for (; !stop.IsCancellationRequested; count++)
                {
                    Answer(session, worker).ShouldBe([worker + 1, 3]);
                    GC.KeepAlive(new byte[100_000]);
                }

                return count;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        for (var i = 0; i < 100; i++)
        {
            ResidentMemory.GiveBack();
        }

        await stop.CancelAsync();
        (await Task.WhenAll(runs)).ShouldAllBe(count => count > 0);
    }

    private static float[] Answer(OrtSession session, float first)
    {
        using var given = OrtValue.Over<float>(new[] { first, 2, 1 }, [1, 3]);
        var target = new float[2];
        using var result = OrtValue.Over(target.AsMemory(), [1, 2]);
        session.Run([given], [result]);
        return target;
    }

    private static long FileKiB()
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssFile:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
