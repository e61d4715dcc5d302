using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Layers with weights, and pooling.</summary>
internal sealed partial class RandomGraphs
{
    private void Convolve(Value x)
    {
        if (Chance(0.25))
        {
            x = Pad(x);
        }
        else if (Chance(0.15))
        {
            x = Emit(Chance(0.5) ? "Mul" : "Div", [x.Name, Scalar(0.5f + _random.NextSingle())], x.Shape);
        }

        var (channels, spatial) = (x.Shape[1], x.Rank - 2);
        var group = Chance(0.3) ? channels : 1;
        var outputs = group == 1 ? Extent(1, 6) : group * Extent(1, 2);
        var kernel = Each(spatial, i => Math.Min(Extent(1, 3), x.Shape[i + 2]));
        var strides = Each(spatial, _ => Chance(0.7) ? 1 : 2);
        var dilations = Each(spatial, i => Chance(0.85) || (kernel[i] - 1) * 2 >= x.Shape[i + 2] ? 1 : 2);
        var pads = Each(2 * spatial, i => Chance(0.5) ? 0 : Extent(0, (int)kernel[i % spatial] - 1));
        var attributes = new List<OnnxAttribute> { OnnxAttribute.Of("group", group) };
        var shape = new long[x.Rank];
        (shape[0], shape[1]) = (Batch, outputs);
        if (Chance(0.15))
        {
            attributes.Add(OnnxAttribute.Of("auto_pad", Chance(0.5) ? "SAME_UPPER" : "SAME_LOWER"));
            attributes.Add(OnnxAttribute.Of("strides", strides));
            Each(spatial, i => shape[i + 2] = (x.Shape[i + 2] + strides[i] - 1) / strides[i]);
        }
        else
        {
            attributes.AddRange([OnnxAttribute.Of("pads", pads), OnnxAttribute.Of("strides", strides), OnnxAttribute.Of("dilations", dilations)]);
            Each(spatial, i => shape[i + 2] = ((x.Shape[i + 2] + pads[i] + pads[i + spatial] - (dilations[i] * (kernel[i] - 1)) - 1) / strides[i]) + 1);
        }

        if (Chance(0.7))
        {
            attributes.Add(OnnxAttribute.Of("kernel_shape", kernel));
        }

        long[] dimensions = [outputs, channels / group, .. kernel];
        After(Emit("Conv", Inputs(x, Weights(dimensions, channels / group * kernel.Aggregate(1L, (a, b) => a * b)), outputs), shape, [.. attributes]));
    }

    private void ConvolveTransposed(Value x)
    {
        var (channels, spatial) = (x.Shape[1], x.Rank - 2);
        var group = Chance(0.3) ? channels : 1;
        var each = Extent(1, 4);
        var kernel = Each(spatial, _ => Extent(1, 3));
        var strides = Each(spatial, _ => Extent(1, 2));
        var shape = (long[])[Batch, each * group, .. Each(spatial, i => ((x.Shape[i + 2] - 1) * strides[i]) + kernel[i])];
        if (shape.Aggregate(1L, (a, b) => a * b) > MostPerSample * Batch)
        {
            return;
        }

        After(Emit(
            "ConvTranspose", Inputs(x, Weights([channels, each, .. kernel], channels / group * kernel[0]), shape[1]), shape, OnnxAttribute.Of("group", group), OnnxAttribute.Of("strides", strides)));
    }

    /// <summary>What often follows a layer: a bias of its own, a normalization, an activation.</summary>
    private void After(Value x)
    {
        if (Chance(0.2))
        {
            var bias = (Value)new(Constant(Chance(0.8) ? [x.Shape[1], .. Each(x.Rank - 2, _ => 1)] : [1], -1, 1), []);
            x = Emit("Add", Chance(0.7) ? [x.Name, bias.Name] : [bias.Name, x.Name], x.Shape);
        }

        if (Chance(0.5))
        {
            x = Normalize(x);
        }

        if (Chance(0.4))
        {
            Activate(x);
        }
    }

    private Value Normalize(Value x)
    {
        var channels = new[] { x.Shape[1] };
        return Emit(
            "BatchNormalization",
            [x.Name, Constant(channels, -1.5f, 1.5f), Constant(channels, -1, 1), Constant(channels, -1, 1), Constant(channels, 0.1f, 1.5f)],
            x.Shape,
            Chance(0.5) ? [OnnxAttribute.Of("epsilon", 1e-3f)] : []);
    }

    private void Multiply(Value x)
    {
        var (inner, outer) = (x.Shape[^1], Extent(1, 8));
        if (x.Rank > 2 || Chance(0.5))
        {
            var product = Emit("MatMul", [x.Name, Weights([inner, outer], inner)], [.. x.Shape[..^1], outer]);
            if (Chance(0.6))
            {
                var bias = Constant(Chance(0.8) ? [outer] : [1, outer], -1, 1);
                product = Emit("Add", Chance(0.7) ? [product.Name, bias] : [bias, product.Name], product.Shape);
            }

            if (product.Rank == 2 && Chance(0.4))
            {
                Normalize(product);
            }

            return;
        }

        var transposed = Chance(0.5);
        var attributes = new List<OnnxAttribute> { OnnxAttribute.Of("transB", transposed ? 1 : 0) };
        if (Chance(0.3))
        {
            attributes.AddRange([OnnxAttribute.Of("alpha", 0.5f), OnnxAttribute.Of("beta", 1.5f)]);
        }

        var gemm = Emit("Gemm", Inputs(x, Weights(transposed ? [outer, inner] : [inner, outer], inner), outer), [Batch, outer], [.. attributes]);
        if (Chance(0.4))
        {
            Normalize(gemm);
        }
    }

    private void Pool(Value x)
    {
        var spatial = x.Rank - 2;
        if (Chance(0.3))
        {
            Global(x, spatial);
            return;
        }

        var kernel = Each(spatial, i => Math.Min(Extent(1, 3), x.Shape[i + 2]));
        var strides = Each(spatial, _ => Extent(1, 2));
        var pads = Each(2 * spatial, i => Chance(0.6) ? 0 : kernel[i % spatial] - 1);
        var max = Chance(0.5);
        if (Chance(0.3))
        {
            x = Pad(x);
            kernel = Each(spatial, i => Math.Min(kernel[i], x.Shape[i + 2]));
            pads = Each(2 * spatial, i => Math.Min(pads[i], kernel[i % spatial] - 1));
        }

        var attributes = new List<OnnxAttribute> { OnnxAttribute.Of("kernel_shape", kernel), OnnxAttribute.Of("strides", strides), OnnxAttribute.Of("pads", pads) };
        if (!max && Chance(0.5))
        {
            attributes.Add(OnnxAttribute.Of("count_include_pad", 1));
        }

        Emit(max ? "MaxPool" : "AveragePool", [x.Name], [Batch, x.Shape[1], .. Each(spatial, i => ((x.Shape[i + 2] + pads[i] + pads[i + spatial] - kernel[i]) / strides[i]) + 1)], [.. attributes]);
    }

    private void Global(Value x, int spatial)
    {
        if (Chance(0.5))
        {
            Emit("GlobalAveragePool", [x.Name], [Batch, x.Shape[1], .. Each(spatial, _ => 1)]);
            return;
        }

        var keeps = Chance(0.5);
        var axes = Each(spatial, i => Chance(0.5) ? i + 2 : i - spatial);
        var shape = (long[])[Batch, x.Shape[1], .. keeps ? Each(spatial, _ => 1) : []];
        var kept = OnnxAttribute.Of("keepdims", keeps ? 1 : 0);
        if (_opset < 18)
        {
            Emit("ReduceMean", [x.Name], shape, OnnxAttribute.Of("axes", axes), kept);
        }
        else
        {
            Emit("ReduceMean", [x.Name, Integers(axes)], shape, kept);
        }
    }

    private string Weights(long[] shape, long terms)
    {
        var most = 1 / MathF.Sqrt(Math.Max(1, terms));
        var name = Constant(shape, -most, most);

        // What an exporter leaves to be computed once: weights times a factor.
        if (!Chance(0.1))
        {
            return name;
        }

        _nodes.Add(new OnnxNode { OpType = "Mul", Inputs = [name, Scalar(0.9f)], Outputs = [Name("folded")] });
        return _nodes[^1].Outputs[0];
    }

    private string[] Inputs(Value x, string weights, long channels) =>
        Chance(0.5) ? [x.Name, weights] : [x.Name, weights, Constant([channels], -1, 1)];

    private static long[] Each(int count, Func<int, long> of) => [.. Enumerable.Range(0, count).Select(of)];
}
