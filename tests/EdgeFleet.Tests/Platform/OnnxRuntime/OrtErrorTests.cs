using EdgeFleet.OnnxRuntime;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.OnnxRuntime;

public sealed class OrtErrorTests
{
    [Fact]
    public void An_empty_model_is_refused() =>
        Should.Throw<OrtException>(() => OrtSession.FromBytes(ReadOnlyMemory<byte>.Empty)).Message.ShouldContain("0 bytes");

    [Fact]
    public void A_missing_file_is_named()
    {
        var thrown = Should.Throw<OrtException>(() => OrtSession.FromFile("/nowhere/model.onnx"));
        thrown.Code.ShouldBe(OrtErrorCode.NoSuchFile);
        thrown.Message.ShouldContain("/nowhere/model.onnx");
    }

    [Fact]
    public void Bytes_that_are_no_model_are_refused()
    {
        var noise = new byte[4096];
        new Random(1).NextBytes(noise);
        Should.Throw<OrtException>(() => OrtSession.FromBytes(noise)).Message.ShouldNotBeEmpty();
        Should.Throw<OrtException>(() => OrtSession.FromBytes("not a model at all"u8.ToArray()));
    }

    [Fact]
    public void A_model_cut_anywhere_loads_no_session_or_none_that_misbehaves()
    {
        var whole = TinyOnnx.Linear(3, 2, [1, 2, 3, 4, 5, 6]);
        var refused = 0;
        for (var length = 1; length < whole.Length; length++)
        {
            try
            {
                OrtSession.FromBytes(whole.AsMemory(0, length)).Dispose();
            }
            catch (OrtException)
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(whole.Length * 9 / 10);
    }

    [Fact]
    public void A_model_with_any_byte_changed_throws_nothing_but_the_bindings_own_exception()
    {
        var whole = TinyOnnx.Linear(3, 2, [1, 2, 3, 4, 5, 6]);
        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= 0x15;
            try
            {
                OrtSession.FromBytes(damaged).Dispose();
            }
            catch (OrtException e)
            {
                e.Message.ShouldNotBeEmpty();
            }
        }
    }

    [Fact]
    public void An_unknown_operator_and_a_dangling_edge_are_named()
    {
        Should.Throw<OrtException>(() => OrtSession.FromBytes(new TinyOnnx()
            .Input("x", TinyOnnx.Float, 1L).Node("Frobnicate", ["x"], ["y"]).Output("y", TinyOnnx.Float, 1L).ToBytes())).Message.ShouldContain("Frobnicate");
        Should.Throw<OrtException>(() => OrtSession.FromBytes(new TinyOnnx()
            .Input("x", TinyOnnx.Float, 1L).Node("Add", ["x", "ghost"], ["y"]).Output("y", TinyOnnx.Float, 1L).ToBytes())).Message.ShouldContain("ghost");
    }

    [Fact]
    public void An_input_of_a_wrong_shape_or_type_is_refused_with_words()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Identity(TinyOnnx.Float, 2L, 3L));
        using var wide = OrtValue.Create<float>([2, 4]);
        using var flat = OrtValue.Create<float>([6]);
        using var whole = OrtValue.Create<long>([2, 3]);
        foreach (var wrong in new[] { wide, flat, whole })
        {
            var thrown = Should.Throw<OrtException>(() => session.Run([wrong]));
            thrown.Code.ShouldBe(OrtErrorCode.InvalidArgument);
            thrown.Message.ShouldContain("input");
        }
    }

    [Fact]
    public void An_output_of_a_wrong_shape_or_type_is_refused_before_a_byte_is_written()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Identity(TinyOnnx.Float, "n"));
        using var given = OrtValue.Create<float>([8]);
        given.GetSpan<float>().Fill(1);
        using var narrow = OrtValue.Create<byte>([8]);
        Should.Throw<OrtException>(() => session.Run([given], [narrow])).Message.ShouldContain("output");
        narrow.GetSpan<byte>().ToArray().ShouldAllBe(b => b == 0);

        using var small = OrtValue.Create<float>([4]);
        Should.Throw<OrtException>(() => session.Run([given], [small]));
        small.GetSpan<float>().ToArray().ShouldAllBe(f => f == 0);
    }

    [Fact]
    public void Wrong_names_and_numbers_of_values_are_refused_with_words()
    {
        using var session = OrtSession.FromBytes(TinyOnnx.Identity(TinyOnnx.Float, 1L));
        using var value = OrtValue.Create<float>([1]);
        Should.Throw<OrtException>(() => session.Run(["wrong"], [value], ["output"])).Message.ShouldContain("wrong");
        Should.Throw<OrtException>(() => session.Run(["input"], [value], ["nope"])).Message.ShouldContain("nope");
        Should.Throw<ArgumentException>(() => session.Run(["input", "input"], [value], ["output"]));
        Should.Throw<OrtException>(() => session.Run([value, value])).Message.ShouldContain("2 inputs given; the model has 1");
        Should.Throw<OrtException>(() => session.Run([])).Code.ShouldNotBe(OrtErrorCode.Ok);
        Should.Throw<ArgumentNullException>(() => session.Run([null!]));
    }

    [Fact]
    public void A_disposed_session_or_value_is_refused()
    {
        var session = OrtSession.FromBytes(TinyOnnx.Identity(TinyOnnx.Float, 1L));
        var value = OrtValue.Create<float>([1]);
        value.Dispose();
        Should.Throw<ObjectDisposedException>(() => session.Run([value]));
        Should.Throw<ObjectDisposedException>(() => { value.GetSpan<float>(); });
        session.Dispose();
        session.Dispose();
        using var live = OrtValue.Create<float>([1]);
        Should.Throw<ObjectDisposedException>(() => session.Run([live]));
        Should.Throw<ObjectDisposedException>(() => session.Metadata);
    }
}
