using System.Text;
using System.Text.Json;
using EdgeFleet.Agent.Reconcile;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Tests.Agent.Reconcile;

public sealed class DesiredStateReaderTests
{
    [Fact]
    public void A_well_formed_one_comes_back_as_it_was_sent() =>
        Read(Some.Desired(3)).ShouldBe(new DesiredReading.Usable(Some.Desired(3)));

    [Theory]
    [InlineData("", "not-json")]
    [InlineData("hello", "not-json")]
    [InlineData("{", "not-json")]
    [InlineData("null", "not-json")]
    [InlineData("[]", "not-json")]
    [InlineData("{}", "not-json")]
    [InlineData("{\"device\":5}", "not-json")]
    [InlineData("{\"device\":\"../etc\"}", "not-json")]
    [InlineData("\0\u0001", "not-json")]
    public void Anything_else_is_unusable(string text, string kind) =>
        DesiredStateReader.Read(Encoding.UTF8.GetBytes(text), Some.Device).ShouldBeOfType<DesiredReading.Unusable>().Kind.ShouldBe(kind);

    [Fact]
    public void Every_truncation_and_every_flipped_byte_is_read_without_an_exception()
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(Some.Desired(), WireJson.Default.DesiredState);
        for (var i = 0; i < bytes.Length; i++)
        {
            DesiredStateReader.Read(bytes.AsSpan(0, i), Some.Device).ShouldBeOfType<DesiredReading.Unusable>();
            var flipped = (byte[])bytes.Clone();
            flipped[i] ^= 0x15;
            Should.NotThrow(() => DesiredStateReader.Read(flipped, Some.Device));
        }
    }

    [Fact]
    public void Deep_nesting_and_ten_megabytes_are_unusable()
    {
        var deep = Encoding.UTF8.GetBytes(new string('[', 100_000));
        DesiredStateReader.Read(deep, Some.Device).ShouldBeOfType<DesiredReading.Unusable>().Kind.ShouldBe("not-json");
        DesiredStateReader.Read(new byte[10_000_000], Some.Device).ShouldBeOfType<DesiredReading.Unusable>().Kind.ShouldBe("too-large");
    }

    [Fact]
    public void One_for_another_device_is_unusable() =>
        Read(Some.Desired() with { Device = new DeviceId("cam-2") }).ShouldBeOfType<DesiredReading.Unusable>().Kind.ShouldBe("other-device");

    [Fact]
    public void Values_that_no_device_can_carry_out_are_named()
    {
        var d = Some.Desired();
        foreach (var (wrong, named) in new (DesiredState, string)[]
        {
            (d with { ChunkBytes = 0 }, "chunkBytes"),
            (d with { ChunkBytes = int.MaxValue }, "chunkBytes"),
            (d with { Variant = d.Variant with { SizeBytes = 0 } }, "variant.sizeBytes"),
            (d with { Variant = d.Variant with { SizeBytes = long.MaxValue } }, "variant.sizeBytes"),
            (d with { Golden = d.Golden with { SizeBytes = 1L << 40 } }, "golden.sizeBytes"),
            (d with { Proof = new ProofPolicy(1.5) }, "agreementFloor"),
            (d with { Proof = new ProofPolicy(double.NaN) }, "agreementFloor"),
            (d with { Proof = new ProofPolicy(0.9, -1) }, "recentInputs"),
            (d with { Proof = new ProofPolicy(0.9, 0) }, "0 recent inputs"),
            (d with { Proof = new ProofPolicy(0.9, 16, TimeSpan.FromDays(-1)) }, "soak"),
            (d with { Input = new InputScaling(255, 0, 0) }, "stdDev"),
        })
        {
            Read(wrong).ShouldBeOfType<DesiredReading.Impossible>().Reason.ShouldContain(named);
        }
    }

    [Fact]
    public void A_way_back_that_asks_for_no_comparison_is_usable() =>
        Read(Some.Desired() with { Proof = new ProofPolicy(0, 0) }).ShouldBeOfType<DesiredReading.Usable>();

    private static DesiredReading Read(DesiredState desired) =>
        DesiredStateReader.Read(JsonSerializer.SerializeToUtf8Bytes(desired, WireJson.Default.DesiredState), Some.Device);
}
