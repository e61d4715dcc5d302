using EdgeFleet.OnnxRuntime;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.OnnxRuntime;

public sealed class OrtConcurrencyTests
{
    [Fact]
    public async Task Many_threads_run_one_session_and_each_gets_its_own_answers()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Linear(3, 2, [1, 0, 0, 1, 1, 1]), new OrtSessionOptions { IntraOpThreads = 1 });
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => OnThread(() =>
            {
                var source = new float[3];
                var target = new float[2];
                using var given = OrtValue.Over(source.AsMemory(), [1, 3]);
                using var result = OrtValue.Over(target.AsMemory(), [1, 2]);
                for (var i = 0; i < 500; i++)
                {
                    (source[0], source[1], source[2]) = (worker, i, 1);
                    session.Run([given], [result]);
                    target.ShouldBe([worker + 1, i + 1]);
                }

                return true;
            })));
    }

    [Fact]
    public async Task Disposing_a_session_and_its_values_during_runs_lets_the_runs_end()
    {
        for (var round = 0; round < 20; round++)
        {
            var session = OrtSession.FromBytes(TinyOnnx.Linear(400, 400, new float[160_000]), new OrtSessionOptions { IntraOpThreads = 1 });
            var given = OrtValue.Create<float>([8, 400]);
            var started = new CountdownEvent(4);
            var runs = Enumerable.Range(0, 4).Select(_ => OnThread(() =>
            {
                using var result = OrtValue.Create<float>([8, 400]);
                for (var i = 0; ; i++)
                {
                    try
                    {
                        session.Run([given], [result]);
                    }
                    catch (ObjectDisposedException)
                    {
                        return i;
                    }
                    finally
                    {
                        if (i == 0)
                        {
                            started.Signal();
                        }
                    }
                }
            })).ToArray();
            started.Wait(TimeSpan.FromSeconds(20)).ShouldBeTrue();
            if (round % 2 == 0)
            {
                session.Dispose();
                given.Dispose();
            }
            else
            {
                given.Dispose();
                session.Dispose();
            }

            (await Task.WhenAll(runs)).ShouldAllBe(count => count >= 0);
        }
    }

    [Fact]
    public async Task Terminate_ends_a_long_run_and_resume_lets_later_ones_pass()
    {
        // A loop of 2^62 rounds that only Terminate can end.
        using var session = OrtSession.FromBytes(LongLoop());
        using var options = new OrtRunOptions { Tag = "endless" };
        options.Tag.ShouldBe("endless");
        using var rounds = OrtValue.Over(new[] { 1L << 62 }.AsMemory(), []);
        using var state = OrtValue.Create<float>([1]);
        var run = OnThread(() => Should.Throw<OrtException>(() => session.Run([rounds, state], options)));
        await Should.ThrowAsync<TimeoutException>(() => run.WaitAsync(TimeSpan.FromMilliseconds(100)), "it runs until it is told to end");
        options.Terminate();
        (await run.WaitAsync(TimeSpan.FromSeconds(20))).Message.ShouldContain("terminate", Case.Insensitive);

        options.Resume();
        using var few = OrtValue.Over(new[] { 3L }.AsMemory(), []);
        using var result = session.Run([few, state], options)[0];
        result.GetSpan<float>()[0].ShouldBe(3);
    }

    [Fact]
    public void Thousands_of_sessions_and_values_leave_no_memory_behind()
    {
        var model = TinyOnnx.Linear(100, 100, new float[10_000]);
        Churn(model, 300);
        var before = ResidentBytes();
        Churn(model, 3000);

        // 3,000 leaked sessions of 40 kB weights would be over 120 MB.
        (ResidentBytes() - before).ShouldBeLessThan(40L << 20);
    }

    [Fact]
    public void What_is_forgotten_is_released_by_the_collector()
    {
        var model = TinyOnnx.Identity(TinyOnnx.Float, 250_000L);
        using var session = OrtSession.FromBytes(model);
        Forget(session, 50);
        Collect();
        var before = ResidentBytes();
        for (var i = 0; i < 20; i++)
        {
            Forget(session, 50); // 50 values of 1 MB, never disposed
            Collect();
        }

        (ResidentBytes() - before).ShouldBeLessThan(200L << 20);

        static void Forget(OrtSession session, int count)
        {
            for (var i = 0; i < count; i++)
            {
                using var given = OrtValue.Create<float>([250_000]);
                session.Run([given]);
            }
        }

        static void Collect()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private static Task<T> OnThread<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Churn(byte[] model, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var session = OrtSession.FromBytes(model, new OrtSessionOptions { IntraOpThreads = 1 });
            using var given = OrtValue.Create<float>([1, 100]);
            using var binding = session.CreateIoBinding();
            binding.BindInput("input", given);
            binding.BindOutput("logits");
            session.Run(binding);
            binding.GetOutputs()[0].Dispose();
            session.Run([given])[0].Dispose();
            using var options = new OrtRunOptions { Tag = "churn" };
            _ = session.Metadata;
        }
    }

    private static long ResidentBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static byte[] LongLoop()
    {
        // Loop body: (iteration, condition, x) -> (condition, x + 1).
        var body = new TinyOnnx { GraphName = "body" }
            .Input("i", TinyOnnx.Int64).Input("going", 9).Input("x", TinyOnnx.Float, 1L)
            .FloatInitializer("one", [1f], 1)
            .Node("Identity", ["going"], ["goes_on"]).Node("Add", ["x", "one"], ["next"])
            .Output("goes_on", 9).Output("next", TinyOnnx.Float, 1L);
        return new TinyOnnx()
            .Input("rounds", TinyOnnx.Int64).Input("start", TinyOnnx.Float, 1L)
            .RawInitializer("go", 9, [1])
            .Node("Loop", ["rounds", "go", "start"], ["end"], TinyOnnx.GraphAttribute("body", body))
            .Output("end", TinyOnnx.Float, 1L).ToBytes();
    }
}
