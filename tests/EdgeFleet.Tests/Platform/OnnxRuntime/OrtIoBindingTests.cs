using EdgeFleet.OnnxRuntime;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.OnnxRuntime;

public sealed class OrtIoBindingTests
{
    [Fact]
    public void Bound_memory_is_read_and_written_at_each_run()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Identity(TinyOnnx.Float, "n"));
        using var binding = session.CreateIoBinding();
        var source = new float[4];
        var target = new float[4];
        using (var given = OrtValue.Over(source.AsMemory(), [4]))
        using (var result = OrtValue.Over(target.AsMemory(), [4]))
        {
            binding.BindInput("input", given);
            binding.BindOutput("output", result);
        }

        // The values are disposed, but stay alive and pinned as long as they are bound.
        for (var i = 1; i < 5; i++)
        {
            Array.Fill(source, i);
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            session.Run(binding);
            target.ShouldAllBe(x => x == i);
        }
    }

    [Fact]
    public void An_output_of_unknown_shape_is_made_by_the_runtime()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Identity(TinyOnnx.Float, "n"));
        using var binding = session.CreateIoBinding();
        binding.BindOutput("output");
        foreach (var length in new[] { 3, 7 })
        {
            using var given = OrtValue.Create<float>([length]);
            binding.BindInput("input", given);
            session.Run(binding);
            using var made = binding.GetOutputs().ShouldHaveSingleItem();
            made.Dimensions.ToArray().ShouldBe([length]);
            binding.BindOutput("output");
        }
    }

    [Fact]
    public void Wrong_names_types_and_missing_inputs_are_refused_with_words()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Identity(TinyOnnx.Float, 2L));
        using var binding = session.CreateIoBinding();
        using var value = OrtValue.Create<float>([2]);
        using var bytes = OrtValue.Create<byte>([2]);
        Should.Throw<OrtException>(() => binding.BindInput("wrong", value)).Message.ShouldContain("wrong");
        Should.Throw<OrtException>(() => binding.BindOutput("wrong", value)).Message.ShouldContain("wrong");
        Should.Throw<OrtException>(() => binding.BindOutput("wrong")).Message.ShouldContain("wrong");
        Should.Throw<OrtException>(() => binding.BindOutput("output", bytes)).Message.ShouldContain("output");
        binding.BindOutput("output", value);
        Should.Throw<OrtException>(() => session.Run(binding));
        binding.BindInput("input", bytes);
        Should.Throw<OrtException>(() => session.Run(binding));
        binding.BindInput("input", value);
        session.Run(binding);
        binding.Clear();
        Should.Throw<OrtException>(() => session.Run(binding));
        binding.Dispose();
        Should.Throw<ObjectDisposedException>(() => session.Run(binding));
    }
}
