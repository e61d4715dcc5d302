using System.Diagnostics;
using EdgeFleet.OnnxRuntime;
using EdgeFleet.OnnxRuntime.Native;

namespace EdgeFleet.Benchmarks.Ort;

/// <summary>What the binding adds to ONNX Runtime's own call: time per run on an identity model, and managed memory.</summary>
/// <remarks>The baseline calls Run of the function table with everything prepared; blocks of both take turns in one process.</remarks>
internal sealed class OrtBenchmark : IBenchmark
{
    private const int Rounds = 200;
    private const int RunsPerBlock = 500;
    private const int AllocationRuns = 10_000;

    // input float[1,16] -> Identity -> output float[1,16]; opset 17.
    private const string IdentityModel =
        "CAg6WAoZCgVpbnB1dBIGb3V0cHV0IghJZGVudGl0eRIIaWRlbnRpdHlaFwoFaW5wdXQSDgoMCAESCAoCCAEKAggQYhgKBm91dHB1dBIOCgwIARIICgIIAQoCCBBCBAoAEBE=";

    public string Name => "ort";

    public string Question => "what does the binding cost over ONNX Runtime's own call, and does it allocate?";

    public Task RunAsync(BenchmarkReport report, CancellationToken cancellationToken)
    {
        using var session = OrtSession.FromBytes(
            Convert.FromBase64String(IdentityModel), new OrtSessionOptions { IntraOpThreads = 1, InterOpThreads = 1 });
        using var given = OrtValue.Create<float>([1, 16]);
        using var result = OrtValue.Create<float>([1, 16]);
        given.GetSpan<float>().Fill(3);
        using var binding = session.CreateIoBinding();
        binding.BindInput("input", given);
        binding.BindOutput("output", result);
        using var raw = new RawCall(session, given, result);

        var native = new double[Rounds];
        var bound = new double[Rounds];
        var direct = new double[Rounds];
        for (var round = -Rounds / 4; round < Rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var slot = Math.Max(round, 0); // The rounds before 0 only warm up.
            native[slot] = MicrosecondsPerRun(raw.Run);
            direct[slot] = MicrosecondsPerRun(() => session.Run([given], [result]));
            bound[slot] = MicrosecondsPerRun(() => session.Run(binding));
        }

        report.Add("native call, identity model float[1,16], median", Median(native), "µs");
        report.Add("run into given outputs, median", Median(direct), "µs");
        report.Add("run with a binding, median", Median(bound), "µs");
        report.AtMost(2, "overhead of the binding over the native call", Median(direct) - Median(native), "µs");
        report.AtMost(0, $"managed memory of {AllocationRuns:#,0} runs into given outputs", Allocated(() => session.Run([given], [result])), "bytes");
        report.AtMost(0, $"managed memory of {AllocationRuns:#,0} runs with a binding", Allocated(() => session.Run(binding)), "bytes");
        ModelFigures.Measure(report, cancellationToken);
        return Task.CompletedTask;
    }

    private static double MicrosecondsPerRun(Action run)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < RunsPerBlock; i++)
        {
            run();
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / RunsPerBlock;
    }

    private static long Allocated(Action run)
    {
        run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < AllocationRuns; i++)
        {
            run();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    /// <summary>The call that any binding must make, with nothing around it.</summary>
    private sealed unsafe class RawCall : IDisposable
    {
        private readonly delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint> run = OrtApi.Instance.Run;
        private readonly OrtHandle sessionHandle;
        private readonly OrtHandle givenHandle;
        private readonly OrtHandle resultHandle;
        private readonly nint session;
        private readonly nint given;
        private readonly nint result;
        private readonly Utf8Text input = new("input");
        private readonly Utf8Text output = new("output");

        public RawCall(OrtSession session, OrtValue given, OrtValue result)
        {
            sessionHandle = session.Handle;
            givenHandle = given.Handle;
            resultHandle = result.Handle;
            this.session = sessionHandle.Enter();
            this.given = givenHandle.Enter();
            this.result = resultHandle.Enter();
        }

        public void Run()
        {
            var from = given;
            var to = result;
            if (run(session, 0, input.Pointers, &from, 1, output.Pointers, 1, &to) != 0)
            {
                throw new InvalidOperationException("The native call failed.");
            }
        }

        public void Dispose()
        {
            sessionHandle.DangerousRelease();
            givenHandle.DangerousRelease();
            resultHandle.DangerousRelease();
            input.Dispose();
            output.Dispose();
        }
    }
}
