using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Makes samples for the state inputs of a stateful model: runs the float model over each sequence, step by step, feeds outputs back,
/// and records what each step was given. From then on steps are samples like any others and go in any order. So variants are compared
/// step by step on the original's states; errors that would add up over a sequence are not in the figures.
/// </summary>
internal static class StateRecorder
{
    /// <summary>Parts of names that say only before or after.</summary>
    private static readonly string[] s_time = ["input", "output", "in", "out", "next", "new", "prev", "previous", "last", "past", "present", "updated", "final", "initial", "init", "n", "0", "1", "t"];

    /// <param name="session">The original.</param>
    /// <param name="samples">Of the other inputs; one sample of a state input is its value at the start of every sequence, else that is 0.</param>
    /// <param name="feedback">Empty: inputs without samples are matched to outputs of the same name (but for parts such as in, out, next), type and shape.</param>
    /// <param name="sequenceLength">Samples of one sequence; 0 takes all as one.</param>
    /// <param name="mostSamples">Steps to record at most.</param>
    /// <param name="cancellationToken">Ends it between steps.</param>
    /// <returns>The samples with those of the states; the same list where there is no state.</returns>
    /// <exception cref="CalibrationDataException">The feedback names what the model does not have, or states do not fit.</exception>
    public static IReadOnlyList<SampleSet> Record(
        IModelSession session, IReadOnlyList<SampleSet> samples, IReadOnlyList<StateFeedback> feedback, int sequenceLength, int mostSamples, CancellationToken cancellationToken)
    {
        if (samples.Count == 0)
        {
            return samples;
        }

        var states = (feedback.Count > 0 ? feedback.Select(f => Given(session, f)) : Recognised(session, samples)).ToList();
        if (states.Count == 0)
        {
            return samples;
        }

        var inputs = session.Inputs.Where(i => !states.Exists(s => s.Input == i)).ToList();
        var others = samples.Where(s => !states.Exists(t => t.Input.Name == s.InputName)).ToList();
        var feed = SampleFeed.Create(inputs, others, mostSamples);
        if (feed.LeastBatch > 1)
        {
            throw new CalibrationDataException($"The model feeds '{states[0].Output.Name}' back to '{states[0].Input.Name}', which goes sample by sample, but takes batches of {feed.LeastBatch}.", states[0].Input.Name);
        }

        IReadOnlyList<ModelTensor> starts = states.ConvertAll(s => Start(s.Input, samples));
        var spools = states.ConvertAll(s => new SampleSpool($"state '{s.Input.Name}'"));
        var shapes = states.ConvertAll(_ => new List<IReadOnlyList<long>>());
        var names = states.ConvertAll(s => s.Output.Name);
        var current = starts;
        for (var step = 0; step < feed.Count; step++)
        {
            current = sequenceLength > 0 && step % sequenceLength == 0 ? starts : current;
            for (var s = 0; s < states.Count; s++)
            {
                spools[s].Write(current[s].Data.Span);
                shapes[s].Add(current[s].Dimensions);
            }

            var next = session.Run([.. feed.Batch(step, 1), .. current], names, cancellationToken);
            current = states.Select((s, i) => next[i] with { Name = s.Input.Name }).ToList();
        }

        return [.. others.Select(s => Named(s, inputs)), .. states.Select((s, i) => new SampleSet(
            $"state '{s.Input.Name}'", s.Input.ElementType, SampleExtents.Of(shapes[i]), spools[i].ToStore(), new SampleScaling(1)) { InputName = s.Input.Name, IsWhole = true })];
    }

    private static (ModelTensorInfo Input, ModelTensorInfo Output) Given(IModelSession session, StateFeedback feedback)
    {
        var output = session.Outputs.FirstOrDefault(o => o.Name == feedback.Output);
        var input = session.Inputs.FirstOrDefault(i => i.Name == feedback.Input);
        return output is null || input is null
            ? throw new CalibrationDataException(
                $"Feedback {feedback.Output}={feedback.Input}: the model has outputs {Names(session.Outputs)} and inputs {Names(session.Inputs)}.", feedback.Output)
            : Fits(input, output) ? (input, output)
            : throw new CalibrationDataException($"Feedback {feedback.Output}={feedback.Input}: the output is {Text(output)}, the input {Text(input)}.", feedback.Output);
    }

    private static IEnumerable<(ModelTensorInfo Input, ModelTensorInfo Output)> Recognised(IModelSession session, IReadOnlyList<SampleSet> samples)
    {
        if (samples.Any(s => s.InputName is null) && (session.Inputs.Count == 1 || samples.Count == session.Inputs.Count))
        {
            yield break;
        }

        foreach (var input in session.Inputs.Where(i => samples.All(s => s.InputName != i.Name)))
        {
            var outputs = session.Outputs.Where(o => Fits(input, o) && Stem(o.Name) == Stem(input.Name)).ToList();
            if (outputs.Count == 1)
            {
                yield return (input, outputs[0]);
            }
        }
    }

    /// <summary>A name without the parts that say only before or after: h, h_next and new_h are the same.</summary>
    internal static string Stem(string name)
    {
        var parts = name.ToLowerInvariant().Split(['_', '.', '/', '-', ':'], StringSplitOptions.RemoveEmptyEntries);
        var kept = parts.Where(p => !s_time.Contains(p)).Select(p => p.Length > 1 ? p.TrimEnd('0', 'n') : p).ToList();
        return kept.Count > 0 ? string.Join('_', kept) : "state";
    }

    private static bool Fits(ModelTensorInfo input, ModelTensorInfo output) =>
        input.ElementType == output.ElementType && OnnxElementTypes.BitsOf(input.ElementType) >= 8
        && (input.Dimensions.Count == 0 || output.Dimensions.Count == 0
            || (input.Dimensions.Count == output.Dimensions.Count && input.Dimensions.Zip(output.Dimensions).All(d => d.First < 0 || d.Second < 0 || d.First == d.Second)));

    /// <summary>The state before the first step: as given, else 0, with free dimensions of 1.</summary>
    private static ModelTensor Start(ModelTensorInfo input, IReadOnlyList<SampleSet> samples)
    {
        if (samples.FirstOrDefault(s => s.InputName == input.Name) is { } given)
        {
            return InputBinding.Of(input, given).Tensor(0, 1);
        }

        long[] dimensions = [.. input.Dimensions.Select(d => d < 0 ? 1 : d)];
        return new ModelTensor(input.Name, input.ElementType, dimensions, new byte[checked(SampleExtents.Elements(dimensions) * OnnxElementTypes.BitsOf(input.ElementType) / 8)]);
    }

    /// <summary>A set without a name is meant for the only other input.</summary>
    private static SampleSet Named(SampleSet set, List<ModelTensorInfo> inputs) => set.InputName is null && inputs.Count == 1 ? set.For(inputs[0].Name) : set;

    private static string Text(ModelTensorInfo tensor) => $"{OnnxElementTypes.NameOf(tensor.ElementType)} [{string.Join(", ", tensor.Dimensions)}]";

    private static string Names(IEnumerable<ModelTensorInfo> tensors) => string.Join(", ", tensors.Select(t => $"'{t.Name}'"));
}
