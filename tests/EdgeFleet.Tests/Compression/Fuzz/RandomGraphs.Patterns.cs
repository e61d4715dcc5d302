using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Activations, and functions as exporters take them apart.</summary>
internal sealed partial class RandomGraphs
{
    private void Activate(Value x)
    {
        switch (_random.Next(7))
        {
            case 0:
                Emit("Sigmoid", [x.Name], x.Shape);
                break;
            case 1:
                Emit("Softmax", [x.Name], x.Shape, OnnxAttribute.Of("axis", _random.Next(1, x.Rank)));
                break;
            case 2 or 3:
                Bound(x);
                break;
            case 4:
                Bound(Emit("Relu", [x.Name], x.Shape));
                break;
            default:
                Emit("Relu", [x.Name], x.Shape);
                break;
        }
    }

    /// <summary>Clip with one or two bounds, or Min and Max.</summary>
    private Value Bound(Value x)
    {
        var low = Chance(0.5) ? 0 : -_random.NextSingle();
        var high = Chance(0.5) ? 6 : _random.NextSingle();
        switch (_random.Next(6))
        {
            case 0: return Emit("Max", [Emit("Min", [x.Name, Scalar(high)], x.Shape).Name, Scalar(low)], x.Shape);
            case 1: return Emit("Min", [Scalar(high), Emit("Max", [Scalar(low), x.Name], x.Shape).Name], x.Shape);
            case 2: return Emit("Clip", [x.Name, Plain(low)], x.Shape);
            case 3: return Emit("Clip", [x.Name, "", Plain(high)], x.Shape);
            case 4: return Emit("Clip", [Emit("Clip", [x.Name, Plain(low), Plain(high)], x.Shape).Name, Plain(low / 2), Plain(high / 2)], x.Shape);
            default: return Emit("Clip", [x.Name, Plain(low), Plain(high)], x.Shape);
        }
    }

    private void NormalizeLayer(Value x)
    {
        var last = x.Rank - 1;
        var reduced = (long[])[.. x.Shape[..^1], 1];
        var mean = Reduce(x, Chance(0.5) ? -1 : last, reduced);
        var centred = Emit("Sub", [x.Name, mean.Name], x.Shape);
        var square = Chance(0.5) ? Emit("Mul", [centred.Name, centred.Name], x.Shape) : Emit("Pow", [centred.Name, Scalar(2)], x.Shape);
        var variance = Reduce(square, Chance(0.5) ? -1 : last, reduced);
        var deviation = Emit("Sqrt", [Emit("Add", [variance.Name, Scalar(Chance(0.5) ? 1e-5f : 1e-3f)], reduced).Name], reduced);
        var normal = Emit("Div", [centred.Name, deviation.Name], x.Shape);
        var scale = Constant([x.Shape[last]], -1.5f, 1.5f);
        var scaled = Emit("Mul", Chance(0.7) ? [normal.Name, scale] : [scale, normal.Name], x.Shape);
        Emit("Add", [scaled.Name, Constant(Chance(0.9) ? [x.Shape[last]] : [1], -1, 1)], x.Shape);
    }

    private Value Reduce(Value x, long axis, long[] shape) => _opset < 18
        ? Emit("ReduceMean", [x.Name], shape, OnnxAttribute.Of("axes", [axis]), OnnxAttribute.Of("keepdims", 1))
        : Emit("ReduceMean", [x.Name, Integers(axis)], shape);

    private void Gelu(Value x)
    {
        var inner = Chance(0.5)
            ? Emit("Div", [x.Name, Scalar(MathF.Sqrt(2))], x.Shape)
            : Emit("Mul", [x.Name, Scalar(MathF.Sqrt(0.5f))], x.Shape);
        var sum = Emit("Add", [Emit("Erf", [inner.Name], x.Shape).Name, Scalar(1)], x.Shape);
        if (Chance(0.5))
        {
            Emit("Mul", [Emit("Mul", [x.Name, sum.Name], x.Shape).Name, Scalar(Chance(0.9) ? 0.5f : 0.4f)], x.Shape);
        }
        else
        {
            Emit("Mul", [Emit("Mul", [x.Name, Scalar(0.5f)], x.Shape).Name, sum.Name], x.Shape);
        }
    }

    private void HardSwish(Value x)
    {
        if (Chance(0.3))
        {
            var gate = Emit("HardSigmoid", [x.Name], x.Shape, OnnxAttribute.Of("alpha", 1f / 6), OnnxAttribute.Of("beta", 0.5f));
            Emit("Mul", Chance(0.5) ? [x.Name, gate.Name] : [gate.Name, x.Name], x.Shape);
            return;
        }

        var cut = Emit("Clip", [Emit("Add", [x.Name, Scalar(3)], x.Shape).Name, Plain(0), Plain(Chance(0.9) ? 6 : 5)], x.Shape);
        if (Chance(0.5))
        {
            Emit("Div", [Emit("Mul", [x.Name, cut.Name], x.Shape).Name, Scalar(6)], x.Shape);
        }
        else
        {
            Emit("Mul", [x.Name, Emit("Div", [cut.Name, Scalar(6)], x.Shape).Name], x.Shape);
        }
    }

    private void PassThrough(Value x)
    {
        if (Chance(0.5))
        {
            Emit("Identity", [x.Name], x.Shape);
        }
        else if (_opset < 12)
        {
            Emit("Dropout", [x.Name], x.Shape, OnnxAttribute.Of("ratio", 0.3f));
        }
        else
        {
            Emit("Dropout", Chance(0.5) ? [x.Name] : [x.Name, Plain(0.3f)], x.Shape);
        }
    }

    /// <summary>A bound of Clip, which must have no dimensions.</summary>
    private string Plain(float value) => Hold(OnnxTensor.Of(Name("s"), OnnxElementType.Float, [], [value]));
}
