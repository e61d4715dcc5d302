using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Tests.Contracts;

public sealed class IdTests
{
    [Theory]
    [InlineData("cam-1", true)]
    [InlineData("7", true)]
    [InlineData("A.b_c-9", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("-cam", false)]
    [InlineData(".hidden", false)]
    [InlineData("..", false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("a+", false)]
    [InlineData("#", false)]
    [InlineData("käse", false)]
    [InlineData("a\0", false)]
    [InlineData("a\n", false)]
    public void A_name_is_fit_for_topic_URL_and_file_or_it_is_none(string? text, bool valid)
    {
        Identifier.IsValid(text).ShouldBe(valid);
        if (!valid)
        {
            Should.Throw<FormatException>(() => DeviceId.Parse(text));
            Should.Throw<FormatException>(() => RolloutId.Parse(text));
        }
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_name_has_64_characters_at_most(int length, bool valid) => Identifier.IsValid(new string('a', length)).ShouldBe(valid);

    [Theory]
    [InlineData("resnet20:1", "resnet20", "1")]
    [InlineData("a:b", "a", "b")]
    public void A_model_id_is_a_name_and_a_version(string text, string name, string version)
    {
        var id = ModelId.Parse(text);

        (id.Name, id.Version, id.ToString()).ShouldBe((name, version, text));
        ModelId.Of(name, version).ShouldBe(id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData(":")]
    [InlineData("a:")]
    [InlineData(":1")]
    [InlineData("a:1:2")]
    [InlineData("a/b:1")]
    [InlineData(null)]
    public void Anything_else_is_no_model_id(string? text) => Should.Throw<FormatException>(() => ModelId.Parse(text));

    [Fact]
    public void A_digest_is_64_lower_case_hexadecimal_digits()
    {
        Sha256Digest.Of("abc"u8).Value.ShouldBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        var good = Sha256Digest.Of([]).Value;
        Sha256Digest.Parse(good).Short.ShouldBe("e3b0c44298fc");
        string?[] bad = [null, "", good[1..], good + "0", good.ToUpperInvariant(), string.Concat("g", good.AsSpan(1))];
        bad.ShouldAllBe(b => !Sha256Digest.IsValid(b));
    }

    [Fact]
    public void A_profile_is_one_of_six()
    {
        CompressionProfile.All.ShouldAllBe(p => CompressionProfile.Parse(p.Value) == p);
        CompressionProfile.All.Select(p => p.Value).ShouldBeSubsetOf(EdgeFleet.Compression.Pipeline.CompressionKinds.Names, "the engine can make every form");
        CompressionProfile.All.Select(p => p.Precision).ShouldBe(["fp32", "fp16", "int8", "int8", "int8", "int8", "fp32", "fp32"]);
        Should.Throw<FormatException>(() => CompressionProfile.Parse("INT8"));
        Should.Throw<FormatException>(() => CompressionProfile.Parse(null));
    }

    [Theory]
    [InlineData("x64", "avx2", "", "x64-avx2")]
    [InlineData("x64", "avx2,avx512vnni", "", "x64-vnni")]
    [InlineData("x64", "", "", "x64")]
    [InlineData("arm64", "dotprod", "", "arm64-dotprod")]
    [InlineData("arm64", "", "", "arm64")]
    [InlineData("x64", "avx2", "CUDAExecutionProvider", "x64-avx2-cuda")]
    public void Devices_are_compared_within_their_hardware_class(string arch, string isa, string provider, string expected) =>
        (Grains.Some.Device(isa, arch: arch) with { ExecutionProviders = [provider] }).HardwareClass.ShouldBe(expected);
}
