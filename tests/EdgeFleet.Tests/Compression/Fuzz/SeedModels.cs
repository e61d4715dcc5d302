using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Valid models of at most some KB that between them have every field and every operator that the engine touches.</summary>
internal static class SeedModels
{
    private static readonly long?[] s_image = [1, 2, 6, 6];

    public static IReadOnlyList<byte[]> All { get; } = [.. Make().Select(m => m.ToArray())];

    private static IEnumerable<OnnxModel> Make()
    {
        yield return TestModels.Model([Node("Relu", ["x"], "y")], [], [null, 4]);
        yield return TestModels.Model(
            [Node("Conv", ["x", "w", "b"], "c", OnnxAttribute.Of("pads", [1, 1, 1, 1])), Norm("c", "n"), Node("Relu", ["n"], "y")],
            [.. Weights("w", 3, 2, 3, 3), .. Weights("b", 3), .. NormParameters(3)],
            s_image);
        yield return TestModels.Model(
            [Node("Mul", ["x", "k"], "s"), Node("Conv", ["s", "w"], "c", OnnxAttribute.Of("group", 2)), Node("MaxPool", ["c"], "y", OnnxAttribute.Of("kernel_shape", [2, 2]))],
            [.. Weights("w", 2, 1, 1, 1), Scalar("k", 0.25f)],
            s_image);
        yield return TestModels.Model([Node("ConvTranspose", ["x", "w"], "c"), Norm("c", "y")], [.. Weights("w", 2, 3, 2, 2), .. NormParameters(3)], s_image, 11);
        yield return TestModels.Model(
            [
                Node("Flatten", ["x"], "f"),
                Node("Gemm", ["f", "w", "b"], "g", OnnxAttribute.Of("alpha", 0.5f), OnnxAttribute.Of("beta", 2f), OnnxAttribute.Of("transB", 1)),
                Norm("g", "n"),
                Node("Softmax", ["n"], "y"),
            ],
            [.. Weights("w", 3, 4), .. Weights("b", 3), .. NormParameters(3)],
            [null, 4]);
        yield return TestModels.Model(
            [Node("Identity", ["x"], "i"), Node("Dropout", ["i", "r", "t"], "d"), Node("Add", ["d", "d"], "a"), Node("Identity", ["a"], "y"), Node("Neg", ["x"], "unused")],
            [Scalar("r", 0.5f), OnnxTensor.Of<byte>("t", OnnxElementType.Bool, [], [0])],
            [1, 4]);
        yield return TestModels.Model(
            [Node("Pad", ["x"], "p", OnnxAttribute.Of("pads", [0L, 1, 0, 1])), Node("Clip", ["p"], "c", OnnxAttribute.Of("min", 0f), OnnxAttribute.Of("max", 6f)), Node("Squeeze", ["c"], "y", OnnxAttribute.Of("axes", [0L]))],
            [],
            [1, 4],
            9);
        yield return TestModels.Model(
            [Node("Conv", ["x", "w"], "c"), Norm("c", "n"), Node("Flatten", ["n"], "f"), Node("Gemm", ["f", "v"], "g", OnnxAttribute.Of("alpha", 2f)), Node("Relu", ["g"], "y")],
            [.. Weights("w", 0, 2, 3, 3), .. Weights("v", 0, 3), .. NormParameters(0)],
            s_image);
        yield return Constants();
        yield return Branches();
        yield return Loop();
        yield return Function();
        yield return Typed();
        yield return External();
        yield return Quantized();
        yield return Recurrent();
        yield return Described();
    }

    /// <summary>Every form of Constant.</summary>
    private static OnnxModel Constants() => TestModels.Model(
        [
            Node("Constant", [], "a", OnnxAttribute.Of("value", TestModels.Random("", 2))),
            Node("Constant", [], "b", OnnxAttribute.Of("value_float", 1.5f)),
            Node("Constant", [], "c", new OnnxAttribute { Name = "value_floats", Type = OnnxAttributeType.Floats, Floats = [1, 2] }),
            Node("Constant", [], "d", OnnxAttribute.Of("value_ints", [1, 2])),
            Node("Constant", [], "e", OnnxAttribute.Of("value_int", 1)),
            Node("Constant", [], "f", OnnxAttribute.Of("value_string", "text")),
            Node("Add", ["x", "a"], "g"), Node("Mul", ["g", "b"], "h"), Node("Sub", ["h", "c"], "i"), Node("Reshape", ["i", "d"], "y"),
        ],
        [],
        [1, 2]);

    /// <summary>An If whose branches use outer values, one with a loop of its own.</summary>
    private static OnnxModel Branches()
    {
        var inner = Inner("then", [Node("Add", ["h", "w"], "t")], "t", [.. Weights("tw", 2)]);
        var other = Inner("else", [Node("If", ["q"], "o", OnnxAttribute.Of("then_branch", Inner("deep", [Node("Neg", ["h"], "p")], "p")), OnnxAttribute.Of("else_branch", Inner("deeper", [Node("Abs", ["x"], "r")], "r")))], "o");
        return TestModels.Model(
            [Node("Identity", ["x"], "h"), Node("If", ["q"], "y", OnnxAttribute.Of("then_branch", inner), OnnxAttribute.Of("else_branch", other))],
            [.. Weights("w", 2), OnnxTensor.Of<byte>("q", OnnxElementType.Bool, [], [1])],
            [1, 2]);
    }

    private static OnnxModel Loop()
    {
        var body = Inner("body", [Node("Identity", ["go"], "again"), Node("Mul", ["state", "w"], "next")], "again");
        body.Inputs.AddRange(new[] { "i", "go", "state" }.Select(n => new OnnxValueInfo { Name = n }));
        body.Outputs.Add(new OnnxValueInfo { Name = "next" });
        return TestModels.Model(
            [Node("Loop", ["n", "q", "x"], "y", OnnxAttribute.Of("body", body))],
            [.. Weights("w", 2), OnnxTensor.Of<long>("n", OnnxElementType.Int64, [], [3]), OnnxTensor.Of<byte>("q", OnnxElementType.Bool, [], [1])],
            [1, 2]);
    }

    /// <summary>An operator defined by the model.</summary>
    private static OnnxModel Function()
    {
        var node = Node("Double", ["x"], "y", OnnxAttribute.Of("by", 2f));
        node.Domain = "own";
        var model = TestModels.Model([node], [], [1, 2]);
        var function = new OnnxFunction { Name = "Double", Domain = "own" };
        function.Inputs.Add("a");
        function.Outputs.Add("b");
        function.AttributeNames.Add("by");
        function.Nodes.Add(Node("Constant", [], "k", new OnnxAttribute { Name = "value_float", Type = OnnxAttributeType.Float, RefAttrName = "by" }));
        function.Nodes.Add(Node("Mul", ["a", "k"], "b"));
        function.Opsets.Add(new OnnxOpset { Domain = "", Version = 13 });
        function.Attributes.Add(OnnxAttribute.Of("with", 1f));
        function.ValueInfos.Add(OnnxValueInfo.Tensor("k", OnnxElementType.Float, []));
        model.Functions.Add(function);
        model.SetOpset("own", 1);
        return model;
    }

    /// <summary>Tensors in each of the typed fields.</summary>
    private static OnnxModel Typed()
    {
        (OnnxElementType Type, int Field, byte[] Packed)[] forms =
        [
            (OnnxElementType.Float, 4, [0, 0, 128, 63, 0, 0, 0, 64]), (OnnxElementType.Complex64, 4, [.. new byte[16]]), (OnnxElementType.Int32, 5, [1, 2]), (OnnxElementType.Float16, 5, [128, 120, 0]),
            (OnnxElementType.Int8, 5, [1, 127]), (OnnxElementType.Bool, 5, [1, 0]), (OnnxElementType.Int4, 5, [33]), (OnnxElementType.Int64, 7, [1, 200, 1]), (OnnxElementType.Double, 10, new byte[16]),
            (OnnxElementType.UInt64, 11, [1, 2]), (OnnxElementType.UInt32, 11, [1, 2]),
        ];
        var tensors = forms.Select((form, i) =>
        {
            var tensor = new OnnxTensor { Name = $"t{i}", ElementType = form.Type, Dimensions = [2] };
            tensor.TypedData.Add((form.Field, form.Packed));
            return tensor;
        }).ToList();
        var texts = new OnnxTensor { Name = "s", ElementType = OnnxElementType.String, Dimensions = [1] };
        texts.StringData.Add("one"u8.ToArray());
        return TestModels.Model([Node("Add", ["x", "t0"], "y")], [.. tensors, texts], [1, 2]);
    }

    private static OnnxModel External()
    {
        var tensor = new OnnxTensor { Name = "w", ElementType = OnnxElementType.Float, Dimensions = [4], DataLocation = 1 };
        tensor.ExternalData.Add(new OnnxEntry { Key = "location", Value = "weights.bin" });
        tensor.ExternalData.Add(new OnnxEntry { Key = "offset", Value = "16" });
        tensor.ExternalData.Add(new OnnxEntry { Key = "length", Value = "16" });
        return TestModels.Model([Node("Add", ["x", "w"], "y")], [tensor], [1, 4]);
    }

    private static OnnxModel Quantized() => TestModels.Model(
        [
            Node("QuantizeLinear", ["x", "s", "z"], "q"), Node("DequantizeLinear", ["q", "s", "z"], "d"), Node("DequantizeLinear", ["w", "ws", "wz"], "v", OnnxAttribute.Of("axis", 1)),
            Node("MatMul", ["d", "v"], "m"), Node("Cast", ["m"], "y", OnnxAttribute.Of("to", 10)),
        ],
        [
            Scalar("s", 0.1f), OnnxTensor.Of<byte>("z", OnnxElementType.UInt8, [], [128]), OnnxTensor.Of<sbyte>("w", OnnxElementType.Int8, [2, 3], [1, -2, 3, -4, 5, -6]),
            TestModels.Positive("ws", 3), OnnxTensor.Of<sbyte>("wz", OnnxElementType.Int8, [3], [0, 0, 0]),
        ],
        [1, 2]);

    private static OnnxModel Recurrent() => TestModels.Model(
        [Node("LSTM", ["x", "w", "r", "", "", "h"], "y", OnnxAttribute.Of("hidden_size", 2), OnnxAttribute.Of("direction", "forward"))],
        [.. Weights("w", 1, 8, 2), .. Weights("r", 1, 8, 2), .. Weights("h", 1, 1, 2)],
        [3, 1, 2]);

    /// <summary>Names, metadata, types of inner values, defaults of inputs, and fields that the engine does not know.</summary>
    private static OnnxModel Described()
    {
        var model = TestModels.Model([Node("Slice", ["x", "st", "e"], "h"), Node("Concat", ["h", "w"], "y", OnnxAttribute.Of("axis", 0))], [.. Weights("w", 2), Int64("st", 0), Int64("e", 1)], [null], 17);
        model.ProducerName = "seed";
        model.ProducerVersion = "1.0";
        model.Domain = "example";
        model.ModelVersion = 3;
        model.Metadata.Add(new OnnxEntry { Key = "classes", Value = "a,b,c" });
        model.SetOpset("com.microsoft", 1);
        model.Graph.Inputs.Add(OnnxValueInfo.Tensor("w", OnnxElementType.Float, [2]));
        model.Graph.ValueInfos.Add(OnnxValueInfo.Tensor("h", OnnxElementType.Float, [null]));
        model.Graph.Inputs[0].Type!.Tensor!.Shape!.Dimensions[0].Parameter = "batch";
        model.Keep(new UnknownField(6, new byte[] { 0x32, 3, (byte)'d', (byte)'o', (byte)'c' }));
        model.Graph.Keep(new UnknownField(14, new byte[] { 0x72, 3, 10, 1, (byte)'h' }));
        model.Graph.Nodes[0].Keep(new UnknownField(6, new byte[] { 0x32, 1, (byte)'!' }));
        model.Graph.Initializers[0].Keep(new UnknownField(12, new byte[] { 0x62, 1, (byte)'w' }));
        return model;
    }

    private static OnnxGraph Inner(string name, OnnxNode[] nodes, string output, params OnnxTensor[] constants)
    {
        var graph = new OnnxGraph { Name = name };
        graph.Nodes.AddRange(nodes);
        graph.Initializers.AddRange(constants);
        graph.Outputs.Add(new OnnxValueInfo { Name = output });
        return graph;
    }

    private static OnnxNode Node(string type, string[] inputs, string output, params OnnxAttribute[] attributes) => TestModels.Node(type, inputs, output, attributes);

    private static OnnxNode Norm(string input, string output) => Node("BatchNormalization", [input, "scale", "shift", "mean", "variance"], output, OnnxAttribute.Of("epsilon", 1e-5f));

    private static OnnxTensor[] Weights(string name, params long[] dimensions) => [TestModels.Random(name, dimensions)];

    private static OnnxTensor[] NormParameters(long channels) =>
        [TestModels.Random("scale", channels), TestModels.Random("shift", channels), TestModels.Random("mean", channels), TestModels.Positive("variance", channels)];

    private static OnnxTensor Scalar(string name, float value) => OnnxTensor.Of(name, OnnxElementType.Float, [], [value]);

    private static OnnxTensor Int64(string name, long value) => OnnxTensor.Of(name, OnnxElementType.Int64, [1], [value]);
}
