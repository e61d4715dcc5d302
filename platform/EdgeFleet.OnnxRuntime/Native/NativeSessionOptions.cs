namespace EdgeFleet.OnnxRuntime.Native;

/// <summary>Native session options made from managed ones, for one session.</summary>
internal sealed unsafe class NativeSessionOptions : IDisposable
{
    private readonly OrtApi api;

    /// <param name="withOptionalProviders">False: providers that are not required are left out.</param>
    /// <exception cref="OrtException">ONNX Runtime refuses a value, or a required provider is not to be had.</exception>
    public NativeSessionOptions(OrtApi api, OrtSessionOptions source, bool withOptionalProviders)
    {
        this.api = api;
        nint created;
        api.Check(api.CreateSessionOptions(&created));
        Value = created;
        try
        {
            Apply(source);
            if (source.ExternalInitializers.Count > 0)
            {
                AddInitializers(source.ExternalInitializers);
            }

            AppendProviders(source, withOptionalProviders);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public nint Value { get; private set; }

    /// <summary>The providers in use, the CPU last.</summary>
    public List<string> Providers { get; } = [];

    /// <summary>Why providers that were asked for are not in use.</summary>
    public List<string> Fallbacks { get; } = [];

    /// <summary>True when <see cref="Providers"/> has one that the session could do without.</summary>
    public bool HasOptionalProviders { get; private set; }

    public void Dispose()
    {
        if (Value != 0)
        {
            api.ReleaseSessionOptions(Value);
            Value = 0;
        }
    }

    private void Apply(OrtSessionOptions source)
    {
        api.Check(api.DisableProfiling(Value));
        api.Check(api.SetIntraOpNumThreads(Value, source.IntraOpThreads));
        api.Check(api.SetInterOpNumThreads(Value, source.InterOpThreads));
        api.Check(api.SetSessionExecutionMode(Value, source.ParallelExecution ? 1 : 0));
        api.Check(api.SetSessionGraphOptimizationLevel(Value, (int)source.GraphOptimization));
        api.Check(source.MemoryArena ? api.EnableCpuMemArena(Value) : api.DisableCpuMemArena(Value));
        api.Check(source.MemoryPattern ? api.EnableMemPattern(Value) : api.DisableMemPattern(Value));
        if (source.OptimizedModelPath is { } path)
        {
            using var native = new NativePath(path);
            api.Check(api.SetOptimizedModelFilePath(Value, native.Pointer));
        }

        if (source.LogId is { } id)
        {
            using var text = new Utf8Text(id);
            api.Check(api.SetSessionLogId(Value, text.First));
        }

        if (source.LogLevel is { } level)
        {
            api.Check(api.SetSessionLogSeverityLevel(Value, (int)level));
        }

        foreach (var (key, value) in source.ConfigEntries)
        {
            using var entry = new Utf8Text(key, value);
            api.Check(api.AddSessionConfigEntry(Value, entry.Pointers[0], entry.Pointers[1]));
        }

        foreach (var (symbol, value) in source.FreeDimensions)
        {
            using var text = new Utf8Text(symbol);
            api.Check(api.AddFreeDimensionOverrideByName(Value, text.First, value));
        }
    }

    private void AddInitializers(Dictionary<string, OrtValue> initializers)
    {
        using var names = new Utf8Text([.. initializers.Keys]);
        OrtValue[] values = [.. initializers.Values];
        var handles = Array.ConvertAll(values, v => v.Handle.Enter());
        try
        {
            fixed (nint* first = handles)
            {
                api.Check(api.AddExternalInitializers(Value, names.Pointers, first, (nuint)handles.Length));
            }
        }
        finally
        {
            Array.ForEach(values, v => v.Handle.DangerousRelease());
        }
    }

    private void AppendProviders(OrtSessionOptions source, bool withOptional)
    {
        foreach (var request in source.ExecutionProviders)
        {
            if (!request.Required && !withOptional)
            {
                continue;
            }

            if (OrtProviders.Append(api, Value, request, OrtRuntime.AvailableProviders) is { } reason)
            {
                Fallbacks.Add(reason);
            }
            else if (request.Name != OrtProviders.Cpu)
            {
                Providers.Add(request.Name);
                HasOptionalProviders |= !request.Required;
            }
        }

        Providers.Add(OrtProviders.Cpu);
    }
}
