using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;
using static EdgeFleet.Tests.Compression.Passes.PassChecks;

namespace EdgeFleet.Tests.Compression.Passes;

public sealed class ActivationRecognitionTests
{
    private static readonly OnnxTensor[] Numbers =
        [Scalar("3", 3), Scalar("0", 0), Scalar("6", 6), Scalar("5", 5), Scalar("1", 1), Scalar("2", 2), Scalar("half", 0.5f), Scalar("sixth", 1f / 6), Scalar("root", MathF.Sqrt(2)), Scalar("inverse", MathF.Sqrt(0.5f))];

    [Theory]
    [InlineData("a=Add(x,3) c=Clip(a,0,6) m=Mul(x,c) y=Div(m,6)", 14, 1, "HardSwish")]
    [InlineData("a=Add(3,x) c=Clip(a,0,6) m=Mul(c,x) y=Mul(m,sixth)", 14, 1, "HardSwish")]
    [InlineData("a=Add(x,3) c=Clip(a,0,6) d=Div(c,6) y=Mul(x,d)", 14, 2, "HardSwish")]
    [InlineData("a=Add(x,3) c=Clip(a,0,6) m=Mul(x,c) y=Div(m,6)", 13, 1, "HardSigmoid Mul")]
    [InlineData("a=Add(x,3) c=Clip(a,0,6) y=Div(c,6)", 13, 1, "HardSigmoid")]
    public void A_hard_swish_that_was_taken_apart_is_put_together(string nodes, int opset, int changes, string expected) =>
        Operators(Applies(Nodes(nodes, opset), facts => new RecognizeHardSwish(facts), changes, [3, 8], 1e-6f)).ShouldBe(expected);

    [Theory]
    [InlineData("a=Add(x,2) c=Clip(a,0,6) m=Mul(x,c) y=Div(m,6)")]
    [InlineData("a=Add(x,3) c=Clip(a,0,5) m=Mul(x,c) y=Div(m,6)")]
    [InlineData("a=Add(x,3) c=Clip(a,0,6) m=Mul(x,c) y=Div(m,5)")]
    [InlineData("a=Add(x,3) c=Clip(a,0,6) m=Mul(a,c) y=Div(m,6)")]
    [InlineData("a=Add(x,3) c=Clip(a,0,6) m=Mul(x,c) y=Div(6,m)")]
    public void Other_numbers_and_operands_are_no_hard_swish(string nodes) =>
        Applies(Nodes(nodes, 14), facts => new RecognizeHardSwish(facts), 0, [3, 8]);

    [Theory]
    [InlineData("a")]
    [InlineData("c")]
    [InlineData("m")]
    public void A_hard_swish_whose_inner_value_is_given_out_stays(string value) =>
        Applies(Nodes("a=Add(x,3) c=Clip(a,0,6) m=Mul(x,c) y=Div(m,6)", 14).Giving(value), facts => new RecognizeHardSwish(facts), 0, [3, 8]);

    [Theory]
    [InlineData("d=Div(x,root) e=Erf(d) a=Add(e,1) m=Mul(x,a) y=Mul(m,half)")]
    [InlineData("d=Mul(x,inverse) e=Erf(d) a=Add(1,e) h=Mul(half,x) y=Mul(h,a)")]
    [InlineData("d=Div(x,root) e=Erf(d) a=Add(e,1) h=Mul(a,half) y=Mul(x,h)")]
    public void A_gelu_that_was_taken_apart_is_put_together(string nodes) =>
        Operators(Applies(Nodes(nodes, 20), facts => new RecognizeGelu(facts), 1, [3, 8], 1e-6f)).ShouldBe("Gelu");

    [Theory]
    [InlineData("d=Div(x,2) e=Erf(d) a=Add(e,1) m=Mul(x,a) y=Mul(m,half)", 20)]
    [InlineData("d=Div(x,root) e=Erf(d) a=Add(e,2) m=Mul(x,a) y=Mul(m,half)", 20)]
    [InlineData("d=Div(x,root) e=Erf(d) a=Add(e,1) m=Mul(e,a) y=Mul(m,half)", 20)]
    [InlineData("d=Div(x,root) e=Erf(d) a=Add(e,1) m=Mul(x,a) y=Mul(m,2)", 20)]
    [InlineData("d=Div(x,root) e=Erf(d) a=Add(e,1) m=Mul(x,a) y=Mul(m,half)", 19)]
    public void Other_numbers_operands_and_opsets_are_no_gelu(string nodes, int opset) =>
        Applies(Nodes(nodes, opset), facts => new RecognizeGelu(facts), 0, [3, 8]);

    [Theory]
    [InlineData("d")]
    [InlineData("e")]
    [InlineData("a")]
    [InlineData("m")]
    public void A_gelu_whose_inner_value_is_given_out_stays(string value) =>
        Applies(Nodes("d=Div(x,root) e=Erf(d) a=Add(e,1) m=Mul(x,a) y=Mul(m,half)", 20).Giving(value), facts => new RecognizeGelu(facts), 0, [3, 8]);

    /// <summary>"y=Mul(a,b)": nodes in order, numbers by name.</summary>
    private static OnnxModel Nodes(string text, int opset)
    {
        var model = TestModels.Model(
            text.Split(' ').Select(part => part.Split('=', '(', ',', ')')).Select(p => TestModels.Node(p[1], [.. p[2..^1]], p[0])), Numbers, [null, 8], opset);
        model.IrVersion = 8;
        return model;
    }
}
