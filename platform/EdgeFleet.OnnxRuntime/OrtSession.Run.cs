using EdgeFleet.OnnxRuntime.Native;

namespace EdgeFleet.OnnxRuntime;

public sealed unsafe partial class OrtSession
{
    private const int OnStack = 128;

    /// <summary>Runs the model into outputs given by the caller. Allocates no managed memory (up to 128 values).</summary>
    /// <param name="given">The inputs, in the order of <see cref="Inputs"/>; trailing optional ones may be left out.</param>
    /// <param name="results">Tensors for the first outputs, in the order of <see cref="Outputs"/>, each of exactly the type and shape that comes out.</param>
    /// <param name="options">Options of this run, or null.</param>
    /// <exception cref="OrtException">A value has a wrong type or shape, or the run failed.</exception>
    /// <exception cref="ObjectDisposedException">The session or a value was disposed before.</exception>
    public void Run(ReadOnlySpan<OrtValue> given, ReadOnlySpan<OrtValue> results, OrtRunOptions? options = null)
    {
        RequireCount(given.Length, inputs.Length, "inputs");
        RequireCount(results.Length, outputs.Length, "outputs");
        for (var i = 0; i < results.Length; i++)
        {
            RequireType(outputs[i], results[i]);
        }

        // From here on the names live: they go with the handle, which is held.
        using var session = new OrtUse(handle);
        RunHeld(session.Value, names.Inputs, given, names.Outputs, results, options);
    }

    /// <summary>Runs the model; ONNX Runtime makes the outputs, which the caller disposes.</summary>
    /// <param name="given">The inputs, in the order of <see cref="Inputs"/>; trailing optional ones may be left out.</param>
    /// <param name="options">Options of this run, or null.</param>
    /// <returns>All outputs, in the order of <see cref="Outputs"/>.</returns>
    /// <exception cref="OrtException">A value has a wrong type or shape, or the run failed.</exception>
    public OrtValue[] Run(ReadOnlySpan<OrtValue> given, OrtRunOptions? options = null)
    {
        RequireCount(given.Length, inputs.Length, "inputs");
        using var session = new OrtUse(handle);
        return RunForOutputs(session.Value, names.Inputs, given, names.Outputs, outputs.Length, options);
    }

    /// <summary>Runs the model with inputs by name, for the named outputs; ONNX Runtime makes them, and the caller disposes them.</summary>
    /// <param name="inputNames">One name per value of <paramref name="given"/>.</param>
    /// <param name="given">The inputs.</param>
    /// <param name="outputNames">The outputs wanted.</param>
    /// <param name="options">Options of this run, or null.</param>
    /// <exception cref="OrtException">There is no such input or output, a value has a wrong type or shape, or the run failed.</exception>
    public OrtValue[] Run(
        IReadOnlyList<string> inputNames, ReadOnlySpan<OrtValue> given, IReadOnlyList<string> outputNames, OrtRunOptions? options = null)
    {
        if (inputNames.Count != given.Length)
        {
            throw new ArgumentException($"{inputNames.Count} input names for {given.Length} inputs.", nameof(inputNames));
        }

        using var nativeInputs = new Utf8Text([.. inputNames]);
        using var nativeOutputs = new Utf8Text([.. outputNames]);
        using var session = new OrtUse(handle);
        return RunForOutputs(session.Value, nativeInputs.Pointers, given, nativeOutputs.Pointers, outputNames.Count, options);
    }

    /// <summary>Runs the model with what is bound.</summary>
    /// <exception cref="OrtException">An input is missing, a value has a wrong type or shape, or the run failed.</exception>
    /// <exception cref="ObjectDisposedException">The session or the binding was disposed before.</exception>
    public void Run(OrtIoBinding binding, OrtRunOptions? options = null)
    {
        using var session = new OrtUse(handle);
        using var bound = new OrtUse(binding.Handle);
        if (options is null)
        {
            // RunWithBinding, unlike Run, does not take the absence of options.
            options = DefaultRunOptions.Value;
        }

        using var settings = new OrtUse(options.Handle);
        api.Check(api.RunWithBinding(session.Value, settings.Value, bound.Value));
    }

    /// <summary>A binding of this model's inputs and outputs.</summary>
    public OrtIoBinding CreateIoBinding() => new(api, this);

    /// <summary>ONNX Runtime trusts the type of an output that it is given, and would write past its end.</summary>
    internal static void RequireType(OrtTensorInfo output, OrtValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.ElementType != output.ElementType)
        {
            throw new OrtException(OrtErrorCode.InvalidArgument, $"Output {output} can't be written into a value of type {value}.");
        }
    }

    private OrtValue[] RunForOutputs(
        nint session, byte** inputNames, ReadOnlySpan<OrtValue> given, byte** outputNames, int count, OrtRunOptions? options)
    {
        var made = new nint[count];
        fixed (nint* results = made)
        {
            RunHeld(session, inputNames, given, outputNames, [], options, results, count);
        }

        var values = new OrtValue[count];
        var taken = 0;
        try
        {
            for (; taken < count; taken++)
            {
                values[taken] = OrtValue.Take(api, made[taken]);
            }

            return values;
        }
        catch
        {
            // Take has released the one it failed at.
            for (var i = 0; i < taken; i++)
            {
                values[i].Dispose();
            }

            for (var i = taken + 1; i < count; i++)
            {
                api.ReleaseValue(made[i]);
            }

            throw;
        }
    }

    private void RunHeld(
        nint session,
        byte** inputNames,
        ReadOnlySpan<OrtValue> given,
        byte** outputNames,
        ReadOnlySpan<OrtValue> results,
        OrtRunOptions? options,
        nint* made = null,
        int madeCount = 0)
    {
        var total = given.Length + results.Length;
        var raw = total <= OnStack ? stackalloc nint[OnStack] : new nint[total];
        var held = 0;
        var optionsHeld = false;
        try
        {
            for (; held < total; held++)
            {
                var value = held < given.Length ? given[held] : results[held - given.Length];
                ArgumentNullException.ThrowIfNull(value);
                raw[held] = value.Handle.Enter();
            }

            var settings = options?.Handle.Enter() ?? 0;
            optionsHeld = options is not null;
            fixed (nint* values = raw)
            {
                api.Check(api.Run(
                    session,
                    settings,
                    inputNames,
                    values,
                    (nuint)given.Length,
                    outputNames,
                    (nuint)(made == null ? results.Length : madeCount),
                    made == null ? values + given.Length : made));
            }
        }
        finally
        {
            for (var i = 0; i < held; i++)
            {
                (i < given.Length ? given[i] : results[i - given.Length]).Handle.DangerousRelease();
            }

            if (optionsHeld)
            {
                options!.Handle.DangerousRelease();
            }
        }
    }

    private static void RequireCount(int given, int most, string what)
    {
        if (given > most)
        {
            throw new OrtException(OrtErrorCode.InvalidArgument, $"{given} {what} given; the model has {most}.");
        }
    }

    private static readonly Lazy<OrtRunOptions> DefaultRunOptions = new(() => new OrtRunOptions());
}
