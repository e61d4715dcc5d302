using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>What moves, joins and cuts elements.</summary>
internal sealed partial class RandomGraphs
{
    private void Join(Value x)
    {
        var others = _values.FindAll(v => v.Shape.SequenceEqual(x.Shape));
        var type = Pick(["Add", "Mul", "Add", "Sub"]);
        var other = Chance(0.7) ? Pick(others).Name : Constant(Chance(0.5) ? [x.Shape[^1]] : [1, .. x.Shape[1..]], -1, 1);
        Emit(type, Chance(0.8) ? [x.Name, other] : [other, x.Name], x.Shape);
    }

    private void Reshape(Value x)
    {
        if (Chance(0.4))
        {
            var axis = _random.Next(1, x.Rank);
            Emit("Flatten", [x.Name], axis == 1 ? [Batch, x.PerSample] : [.. FlattenShape(x, axis)], OnnxAttribute.Of("axis", axis));
            if (axis != 1)
            {
                // Its axis 0 is no batch any more: bring that back at once.
                Emit("Reshape", [_values[^1].Name, Integers(-1, x.PerSample)], [Batch, x.PerSample]);
                _values.RemoveAt(_values.Count - 2);
            }

            return;
        }

        if (x.Rank == 2)
        {
            var width = Pick(Enumerable.Range(1, (int)x.Shape[1]).Where(w => x.Shape[1] % w == 0).ToList());
            ReshapeTo(x, [Batch, x.Shape[1] / width, width]);
        }
        else
        {
            ReshapeTo(x, x.Rank == 4 ? [Batch, x.Shape[1], x.Shape[2] * x.Shape[3]] : [Batch, x.PerSample]);
        }
    }

    /// <summary>With the batch by -1, by 0, or computed from the shape as exporters of dynamic models do.</summary>
    private void ReshapeTo(Value x, long[] shape)
    {
        switch (_random.Next(4))
        {
            case 0:
                Emit("Reshape", [x.Name, Integers([-1, .. shape[1..]])], shape);
                break;
            case 1:
                Emit("Reshape", [x.Name, Integers([0, .. shape[1..]])], shape);
                break;
            case 2 when Chance(0.5):
                // Shape -> Slice -> Concat
                Plain("Shape", [x.Name]);
                Plain("Slice", [_nodes[^1].Outputs[0], Integers(0), Integers(1), Integers(0)]);
                Plain("Concat", [_nodes[^1].Outputs[0], Integers(shape[1..])], OnnxAttribute.Of("axis", 0));
                Emit("Reshape", [x.Name, _nodes[^1].Outputs[0]], shape);
                break;
            default:
                // Shape -> Gather -> Unsqueeze -> Concat; the batch may come from another value.
                Plain("Shape", [Chance(0.7) ? x.Name : Pick(_values).Name]);
                Plain("Gather", [_nodes[^1].Outputs[0], Hold(OnnxTensor.Of(Name("i"), OnnxElementType.Int64, [], [0L]))]);
                var gathered = _nodes.FindLast(n => n.OpType == "Gather")!.Outputs[0];
                if (_opset < 13)
                {
                    Plain("Unsqueeze", [gathered], OnnxAttribute.Of("axes", [0L]));
                }
                else
                {
                    Plain("Unsqueeze", [gathered, Integers(0)]);
                }

                var batch = _nodes.FindLast(n => n.OpType == "Unsqueeze")!.Outputs[0];
                var rest = Integers(Chance(0.3) ? [.. shape[1..^1], -1] : shape[1..]);
                Plain("Concat", [batch, rest], OnnxAttribute.Of("axis", 0));
                Emit("Reshape", [x.Name, _nodes[^1].Outputs[0]], shape);
                break;
        }
    }

    private void Transpose(Value x)
    {
        var order = Enumerable.Range(1, x.Rank - 1).Select(i => (long)i).OrderBy(_ => _random.Next()).Prepend(0).ToList();
        Emit("Transpose", [x.Name], [.. order.Select(i => x.Shape[(int)i])], OnnxAttribute.Of("perm", order));
    }

    private void Concat(Value x)
    {
        var axis = _random.Next(1, x.Rank);
        var fitting = _values.FindAll(v => v.Rank == x.Rank && Enumerable.Range(0, x.Rank).All(i => i == axis || v.Shape[i] == x.Shape[i]));
        var parts = new List<Value> { x };
        while (parts.Count < 4 && (parts.Count == 1 || Chance(0.4)))
        {
            parts.Add(Pick(fitting));
        }

        var shape = (long[])x.Shape.Clone();
        shape[axis] = parts.Sum(p => p.Shape[axis]);
        if (shape.Aggregate(1L, (a, b) => a * b) <= MostPerSample * Batch)
        {
            Emit("Concat", [.. parts.Select(p => p.Name)], shape, OnnxAttribute.Of("axis", Chance(0.5) ? axis : axis - x.Rank));
        }
    }

    private void Split(Value x)
    {
        var axis = _random.Next(1, x.Rank);
        if (x.Shape[axis] < 2)
        {
            return;
        }

        var first = _random.Next(1, (int)x.Shape[axis]);
        long[] sizes = [first, x.Shape[axis] - first];
        var node = new OnnxNode { OpType = "Split", Inputs = [x.Name], Attributes = [OnnxAttribute.Of("axis", axis)] };
        if (_opset < 13)
        {
            node.Attributes.Add(OnnxAttribute.Of("split", sizes));
        }
        else
        {
            node.Inputs.Add(Integers(sizes));
        }

        foreach (var size in sizes)
        {
            var shape = (long[])x.Shape.Clone();
            shape[axis] = size;
            _values.Add(new(Name("Split"), shape));
            node.Outputs.Add(_values[^1].Name);
        }

        _nodes.Add(node);
    }

    private void Slice(Value x)
    {
        var axis = _random.Next(1, x.Rank);
        var from = _random.Next((int)x.Shape[axis]);
        var shape = (long[])x.Shape.Clone();
        shape[axis] -= from;
        Emit("Slice", [x.Name, Integers(from), Integers(Chance(0.5) ? x.Shape[axis] : long.MaxValue), Integers(axis)], shape);
    }

    private Value Pad(Value x)
    {
        var pads = Each(2 * x.Rank, i => i % x.Rank == 0 || (i % x.Rank == 1 && Chance(0.8)) ? 0 : Extent(0, 2));
        var shape = Each(x.Rank, i => x.Shape[i] + pads[i] + pads[i + x.Rank]);
        var mode = Chance(0.8) || Each(x.Rank, i => Math.Max(pads[i], pads[i + x.Rank]) >= x.Shape[i] ? 1 : 0).Sum() > 0 ? "constant" : "reflect";
        return Emit(
            "Pad",
            Chance(0.5) ? [x.Name, Integers(pads)] : [x.Name, Integers(pads), Scalar(Chance(0.7) ? 0 : 1)],
            shape,
            OnnxAttribute.Of("mode", mode));
    }

    /// <summary>A node whose value is no tensor of floats by batch, so that no step takes it up.</summary>
    private void Plain(string type, string[] inputs, params OnnxAttribute[] attributes) =>
        _nodes.Add(new OnnxNode { OpType = type, Inputs = [.. inputs], Outputs = [Name(type)], Attributes = [.. attributes] });

    private static IEnumerable<long> FlattenShape(Value x, int axis) =>
        [x.Shape[..axis].Aggregate(1L, (a, b) => a * b), x.Shape[axis..].Aggregate(1L, (a, b) => a * b)];
}
