using EdgeFleet.OnnxRuntime;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.OnnxRuntime;

public sealed class OrtAllocationTests
{
    [Fact]
    public void Runs_into_given_outputs_allocate_no_managed_memory()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Identity(TinyOnnx.Float, 1L, 16L));
        using var given = OrtValue.Create<float>([1, 16]);
        using var result = OrtValue.Create<float>([1, 16]);
        using var options = new OrtRunOptions();
        using var binding = session.CreateIoBinding();
        binding.BindInput("input", given);
        binding.BindOutput("output", result);

        Allocated(() => session.Run([given], [result])).ShouldBe(0);
        Allocated(() => session.Run([given], [result], options)).ShouldBe(0);
        Allocated(() => session.Run(binding)).ShouldBe(0);
        Allocated(() => session.Run(binding, options)).ShouldBe(0);

        static long Allocated(Action run)
        {
            run();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 10_000; i++)
            {
                run();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
