using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using EdgeFleet.Contracts.Models;
using EdgeFleet.OnnxRuntime;

namespace EdgeFleet.Agent.Inference;

/// <summary>A variant loaded by ONNX Runtime. Buffers are made once per concurrent caller and used again.</summary>
internal sealed class OrtServedVariant(OrtSession session, VariantShape shape, SampleScaler scaler) : IServedVariant
{
    private readonly ConcurrentBag<Lane> idle = [];
    private readonly string[] outputNames = [.. session.Outputs.Select(output => output.Name)];

    public InferenceResult Run(ReadOnlySpan<byte> sample)
    {
        if (sample.Length != shape.SampleLength)
        {
            throw new VariantException($"The sample has {sample.Length} values; the model takes {shape.SampleLength} ({session.Inputs[0]}).");
        }

        if (!idle.TryTake(out var lane))
        {
            lane = new Lane(shape);
        }

        try
        {
            scaler.Scale(sample, lane.Input);
            var scores = lane.Result is null ? RunFor(lane) : RunInto(lane, lane.Result);
            idle.Add(lane);
            lane = null;
            return new InferenceResult(Top1(scores), scores);
        }
        catch (OrtException e)
        {
            throw new VariantException($"The model failed on a sample: {e.Message}", e);
        }
        finally
        {
            lane?.Dispose();
        }
    }

    public IReadOnlyList<GoldenTensor> RunTensors(IReadOnlyList<GoldenTensor> inputs)
    {
        var given = new OrtValue[inputs.Count];
        OrtValue[] results = [];
        try
        {
            for (var i = 0; i < given.Length; i++)
            {
                given[i] = ToValue(inputs[i]);
            }

            results = session.Run([.. inputs.Select(input => input.Name)], given, outputNames);
            return [.. results.Select((value, i) => ToTensor(outputNames[i], value))];
        }
        catch (Exception e) when (e is OrtException or ArgumentException)
        {
            throw new VariantException($"The model failed on its tensors: {e.Message}", e);
        }
        finally
        {
            Array.ForEach(given, value => value?.Dispose());
            Array.ForEach(results, value => value.Dispose());
        }
    }

    public void Dispose()
    {
        session.Dispose();
        while (idle.TryTake(out var lane))
        {
            lane.Dispose();
        }
    }

    private float[] RunInto(Lane lane, OrtValue result)
    {
        session.Run([lane.Given], [result]);
        return (float[])lane.Output.Clone();
    }

    private float[] RunFor(Lane lane)
    {
        using var result = session.Run([session.Inputs[0].Name], [lane.Given], [outputNames[0]])[0];
        return result.GetSpan<float>().ToArray();
    }

    private int Top1(float[] scores)
    {
        var top = -1;
        for (var i = 0; i < scores.Length; i++)
        {
            if (float.IsNaN(scores[i]))
            {
                throw new VariantException($"The model's output {outputNames[0]} is NaN at {i}.");
            }

            top = top < 0 || scores[i] > scores[top] ? i : top;
        }

        return top >= 0 ? top : throw new VariantException($"The model's output {outputNames[0]} is empty.");
    }

    private static OrtValue ToValue(GoldenTensor tensor)
    {
        if (tensor.Data.Length != OrtElementTypes.Count([.. tensor.Dimensions]) * sizeof(float))
        {
            throw new VariantException($"Tensor {tensor.Name}[{string.Join(",", tensor.Dimensions)}] has {tensor.Data.Length} bytes, not 4 per element.");
        }

        return OrtValue.OverBytes(OrtElementType.Float, tensor.Data, [.. tensor.Dimensions]);
    }

    private static GoldenTensor ToTensor(string name, OrtValue value) => value.ElementType == OrtElementType.Float
        ? new GoldenTensor(name, value.Dimensions.ToArray(), MemoryMarshal.AsBytes(value.GetSpan<float>()).ToArray())
        : throw new VariantException($"Output {name} is {value}, not float.");

    /// <summary>One caller's buffers.</summary>
    private sealed class Lane : IDisposable
    {
        public Lane(VariantShape shape)
        {
            Input = new float[shape.SampleLength];
            Output = shape.Output is { } dimensions ? new float[OrtElementTypes.Count(dimensions)] : [];
            Given = OrtValue.Over(Input.AsMemory(), shape.Input);
            Result = shape.Output is null ? null : OrtValue.Over(Output.AsMemory(), shape.Output);
        }

        public float[] Input { get; }

        public float[] Output { get; }

        public OrtValue Given { get; }

        public OrtValue? Result { get; }

        public void Dispose()
        {
            Given.Dispose();
            Result?.Dispose();
        }
    }
}
