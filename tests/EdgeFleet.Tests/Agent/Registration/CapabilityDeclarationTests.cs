using EdgeFleet.Agent.Registration;

namespace EdgeFleet.Tests.Agent.Registration;

public sealed class CapabilityDeclarationTests
{
    [Fact]
    public void Every_key_is_read()
    {
        var declared = CapabilityDeclaration.Parse(["arch=arm64", "isa=FP16,dotprod", "cores=2", "memory=64MiB", "precisions=int8,fp32"]);
        declared.Arch.ShouldBe("arm64");
        declared.IsaFlags.ShouldBe(["dotprod", "fp16"]);
        declared.Cores.ShouldBe(2);
        declared.MemoryBytes.ShouldBe(64L * 1024 * 1024);
        declared.Precisions.ShouldBe(["fp32", "int8"]);
    }

    [Fact]
    public void An_empty_list_of_flags_declares_that_there_are_none() => CapabilityDeclaration.Parse(["isa="]).IsaFlags.ShouldBe([]);

    [Theory]
    [InlineData("arch=mips")]
    [InlineData("arch")]
    [InlineData("cores=0")]
    [InlineData("memory=lots")]
    [InlineData("memory=99999999999999GiB")]
    [InlineData("precisions=")]
    [InlineData("precisions=int4")]
    [InlineData("colour=blue")]
    [InlineData("=x")]
    [InlineData("")]
    public void Anything_else_is_refused_with_what_is_allowed(string pair) =>
        Should.Throw<FormatException>(() => CapabilityDeclaration.Parse([pair]));
}
