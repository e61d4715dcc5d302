using EdgeFleet.Compression.Graph;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Passes;

namespace EdgeFleet.Tests.Compression.Passes;

/// <summary>Applies one pass to a small model and compares the answers before and after.</summary>
internal static class PassChecks
{
    /// <summary>Expects so many changes and the same answers.</summary>
    public static OnnxModel Applies(OnnxModel model, IGraphPass pass, int changes, long[] input, float tolerance = 1e-4f)
    {
        var before = TestModels.Run(model, input);
        new PassRunner(TestModels.Graph(model), null, CancellationToken.None).Run(pass).Reports.ShouldHaveSingleItem().Changes.ShouldBe(changes);
        TestModels.LargestDifference(TestModels.Run(model, input), before).ShouldBeLessThanOrEqualTo(changes == 0 ? 0 : tolerance);
        return model;
    }

    /// <summary>The same with facts of the model.</summary>
    public static OnnxModel Applies(OnnxModel model, Func<ValueFacts, IGraphPass> pass, int changes, long[] input, float tolerance = 1e-4f) =>
        Applies(model, pass(ValueFacts.Of(TestModels.Graph(model), TestModels.Runner)), changes, input, tolerance);

    /// <summary>Operators in order.</summary>
    public static string Operators(OnnxModel model) => string.Join(' ', model.Graph.Nodes.Select(n => n.OpType));

    public static OnnxTensor Scalar(string name, float value) => OnnxTensor.Of(name, OnnxElementType.Float, [], [value]);

    public static OnnxTensor Integers(string name, params long[] values) => OnnxTensor.Of<long>(name, OnnxElementType.Int64, [values.Length], values);

    public static OnnxTensor Whole(string name, long value) => OnnxTensor.Of(name, OnnxElementType.Int64, [], [value]);

    /// <summary>Makes an inner value an output too.</summary>
    public static OnnxModel Giving(this OnnxModel model, string value)
    {
        model.Graph.Outputs.Add(new OnnxValueInfo { Name = value, Type = new OnnxValueType { Tensor = new OnnxTensorType { ElementType = 1 } } });
        return model;
    }
}
