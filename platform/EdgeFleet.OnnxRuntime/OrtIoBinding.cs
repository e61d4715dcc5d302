using EdgeFleet.OnnxRuntime.Native;

namespace EdgeFleet.OnnxRuntime;

/// <summary>Inputs and outputs bound once and run many times. For one thread at a time; disposing it during a run is safe.</summary>
public sealed unsafe class OrtIoBinding : IDisposable
{
    private readonly OrtApi api;
    private readonly OrtSession session;
    private readonly BoundValues bound = new();

    internal OrtIoBinding(OrtApi api, OrtSession session)
    {
        this.api = api;
        this.session = session;
        using var use = session.Use();
        nint created;
        api.Check(api.CreateIoBinding(use.Value, &created));
        Handle = new OrtHandle(created, api.ReleaseIoBinding, bound);
    }

    internal OrtHandle Handle { get; }

    /// <summary>Binds an input, in place of what was bound to it before. The value stays alive as long as it is bound.</summary>
    /// <exception cref="OrtException">There is no such input.</exception>
    public void BindInput(string name, OrtValue value)
    {
        // ONNX Runtime notes an unknown name before it refuses it, and the binding is of no use afterwards.
        _ = Find(session.Inputs, name, "input");
        using var use = new OrtUse(Handle);
        using var held = new OrtUse(value.Handle);
        using var text = new Utf8Text(name);
        api.Check(api.BindInput(use.Value, text.First, held.Value));
        bound.Inputs.Keep(name, value.Handle);
    }

    /// <summary>Binds an output to a tensor of exactly its type and shape, in place of what was bound to it before.</summary>
    /// <exception cref="OrtException">There is no such output, or the value has another type.</exception>
    public void BindOutput(string name, OrtValue value)
    {
        using var use = new OrtUse(Handle);
        using var held = new OrtUse(value.Handle);
        OrtSession.RequireType(Find(session.Outputs, name, "output"), value);
        using var text = new Utf8Text(name);
        api.Check(api.BindOutput(use.Value, text.First, held.Value));
        bound.Outputs.Keep(name, value.Handle);
    }

    /// <summary>Lets ONNX Runtime make this output at each run, in CPU memory: for outputs whose shape is not known before.</summary>
    /// <exception cref="OrtException">There is no such output.</exception>
    public void BindOutput(string name)
    {
        _ = Find(session.Outputs, name, "output");
        using var use = new OrtUse(Handle);
        using var text = new Utf8Text(name);
        api.Check(api.BindOutputToDevice(use.Value, text.First, api.CpuMemory));
        bound.Outputs.Keep(name, null);
    }

    /// <summary>The outputs of the last run, in the order in which they were bound; the caller disposes them.</summary>
    public OrtValue[] GetOutputs()
    {
        using var use = new OrtUse(Handle);
        nint* values;
        nuint count;
        api.Check(api.GetBoundOutputValues(use.Value, api.Allocator, &values, &count));
        if (count == 0)
        {
            return [];
        }

        var result = new OrtValue[count];
        try
        {
            for (nuint i = 0; i < count; i++)
            {
                var value = values[i];
                values[i] = 0;
                result[i] = OrtValue.Take(api, value);
            }

            return result;
        }
        finally
        {
            for (nuint i = 0; i < count; i++)
            {
                api.ReleaseValue(values[i]);
            }

            api.Check(api.AllocatorFree(api.Allocator, values));
        }
    }

    /// <summary>Unbinds all.</summary>
    public void Clear()
    {
        using var use = new OrtUse(Handle);
        api.ClearBoundInputs(use.Value);
        api.ClearBoundOutputs(use.Value);
        bound.Dispose();
    }

    public void Dispose() => Handle.Dispose();

    private static OrtTensorInfo Find(IReadOnlyList<OrtTensorInfo> among, string name, string what) =>
        among.FirstOrDefault(info => info.Name == name)
        ?? throw new OrtException(OrtErrorCode.InvalidArgument, $"The model has no {what} '{name}'; it has {string.Join(", ", among)}.");
}
