using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using static EdgeFleet.Tests.Compression.Passes.PassChecks;

namespace EdgeFleet.Tests.Compression.Passes;

public sealed class NormalizeClampsTests
{
    private static readonly OnnxTensor[] Bounds = [Scalar("zero", 0), Scalar("half", 0.5f), Scalar("low", -0.25f), Scalar("nothing", float.NegativeInfinity)];

    [Theory]
    [InlineData("Max(x,zero) Min(.,half)", 2, "Clip", 0f, 0.5f)]
    [InlineData("Min(x,half) Max(low,.)", 2, "Clip", -0.25f, 0.5f)]
    [InlineData("Relu(x) Clip(.,zero,half)", 1, "Clip", 0f, 0.5f)]
    [InlineData("Clip(x,low,half) Relu(.)", 1, "Clip", 0f, 0.5f)]
    [InlineData("Clip(x,low,half) Clip(.,zero,)", 1, "Clip", 0f, 0.5f)]
    public void Two_cuts_become_one(string nodes, int changes, string type, float low, float high)
    {
        var model = Applies(Chain(nodes), facts => new NormalizeClamps(facts), changes, [3, 8], 0);
        var clip = model.Graph.Nodes.ShouldHaveSingleItem();
        clip.OpType.ShouldBe(type);
        clip.Inputs.Skip(1).Select(i => TensorContent.Floats(model.Graph.Initializers.Find(t => t.Name == i)!)[0]).ShouldBe([low, high]);
    }

    [Theory]
    [InlineData("Max(x,zero)")]
    [InlineData("Clip(x,zero)")]
    [InlineData("Relu(x) Relu(.)")]
    public void Only_zero_from_below_is_a_relu(string nodes) =>
        Operators(Applies(Chain(nodes), facts => new NormalizeClamps(facts), 1, [3, 8], 0)).ShouldBe("Relu");

    [Fact]
    public void Before_opset_11_bounds_are_attributes()
    {
        var model = Chain("Max(x,zero) Min(.,half)");
        model.SetOpset("", 10);
        Applies(model, facts => new NormalizeClamps(facts), 2, [3, 8], 0).Graph.Nodes.ShouldHaveSingleItem().Attributes.Select(a => (a.Name, a.F)).ShouldBe([("min", 0f), ("max", 0.5f)]);
    }

    [Theory]
    [InlineData("Clip(x,low,half)")]
    [InlineData("Relu(x)")]
    [InlineData("Max(x,nothing)")]
    [InlineData("Clip(x,half,low) Relu(.)")]
    [InlineData("Clip(x,zero,half) Clip(.,half,)")]
    public void What_is_normal_or_out_of_order_or_leaves_no_range_stays(string nodes) =>
        Applies(Chain(nodes), facts => new NormalizeClamps(facts), 0, [3, 8]);

    [Fact]
    public void A_value_in_between_that_is_given_out_stays() =>
        Operators(Applies(Chain("Relu(x) Clip(.,zero,half)").Giving("v0"), facts => new NormalizeClamps(facts), 0, [3, 8])).ShouldBe("Relu Clip");

    [Fact]
    public void A_bound_that_adds_a_dimension_stays()
    {
        var model = TestModels.Model(
            [TestModels.Node("Max", ["x", "bound"], "y")], [OnnxTensor.Of<float>("bound", OnnxElementType.Float, [1, 1, 1], [0f])], [null, 8]);
        Applies(model, facts => new NormalizeClamps(facts), 0, [3, 8]);
    }

    /// <summary>"Relu(x) Clip(.,a,b)": nodes in order, a dot for the value before.</summary>
    private static OnnxModel Chain(string text)
    {
        var parts = text.Split(' ');
        var nodes = parts.Select((part, i) => TestModels.Node(
            part[..part.IndexOf('(', StringComparison.Ordinal)],
            [.. part[(part.IndexOf('(', StringComparison.Ordinal) + 1)..^1].Split(',').Select(n => n == "." ? $"v{i - 1}" : n)],
            i == parts.Length - 1 ? "y" : $"v{i}"));
        return TestModels.Model(nodes, Bounds, [null, 8]);
    }
}
