using System.Buffers;
using EdgeFleet.OnnxRuntime.Native;

namespace EdgeFleet.OnnxRuntime;

/// <summary>A loaded model. Any number of threads may run it at once; disposing it waits for nobody: the model goes when its last run ends.</summary>
public sealed unsafe partial class OrtSession : IDisposable
{
    private readonly OrtApi api;
    private readonly OrtHandle handle;
    private readonly OrtTensorInfo[] inputs;
    private readonly OrtTensorInfo[] outputs;
    private readonly SessionNames names;
    private readonly Lazy<OrtModelMetadata> metadata;

    private OrtSession(OrtApi api, nint session, NativeSessionOptions options, IDisposable? bytes)
    {
        this.api = api;
        try
        {
            inputs = ModelReader.Inputs(api, session);
            outputs = ModelReader.Outputs(api, session);
            names = new SessionNames(inputs, outputs, bytes);
        }
        catch
        {
            api.ReleaseSession(session);
            throw;
        }

        handle = new OrtHandle(session, api.ReleaseSession, names);
        ExecutionProviders = options.Providers;
        ProviderFallbacks = options.Fallbacks;
        metadata = new(ReadMetadata);
    }

    /// <summary>In the model's order.</summary>
    public IReadOnlyList<OrtTensorInfo> Inputs => inputs;

    /// <summary>In the model's order.</summary>
    public IReadOnlyList<OrtTensorInfo> Outputs => outputs;

    public OrtModelMetadata Metadata => metadata.Value;

    /// <summary>The execution providers that the session may place operators on, best first, the CPU last.</summary>
    public IReadOnlyList<string> ExecutionProviders { get; }

    /// <summary>Why providers that were asked for are not in use; empty when all are.</summary>
    public IReadOnlyList<string> ProviderFallbacks { get; }

    /// <summary>Loads a model from a file; external data is looked for beside it.</summary>
    /// <exception cref="OrtException">The file is missing, is no model, or can't be run.</exception>
    /// <exception cref="OrtLibraryNotFoundException">There is no usable library.</exception>
    public static OrtSession FromFile(string path, OrtSessionOptions? options = null)
    {
        using var native = new NativePath(path);
        var pointer = (nint)native.Pointer;
        return Open(options ?? new(), null, (api, environment, settings) =>
        {
            nint session;
            api.Check(api.CreateSession(environment, (void*)pointer, settings, &session));
            return session;
        });
    }

    /// <summary>Loads a model from memory, which may be used otherwise when this returns.</summary>
    /// <exception cref="OrtException">The bytes are no model, or it can't be run.</exception>
    /// <exception cref="OrtLibraryNotFoundException">There is no usable library.</exception>
    public static OrtSession FromBytes(ReadOnlyMemory<byte> model, OrtSessionOptions? options = null)
    {
        options ??= new();
        if (model.IsEmpty)
        {
            throw new OrtException(OrtErrorCode.InvalidProtobuf, "The model is empty (0 bytes).");
        }

        var pin = model.Pin();
        var address = (nint)pin.Pointer;

        // With these entries ONNX Runtime goes on reading the caller's bytes.
        var keeps = options.ConfigEntries.Keys.Any(key => key.StartsWith("session.use_ort_model_bytes", StringComparison.Ordinal));
        try
        {
            return Open(options, keeps ? pin : null, (api, environment, settings) =>
            {
                nint session;
                api.Check(api.CreateSessionFromArray(environment, (void*)address, (nuint)model.Length, settings, &session));
                return session;
            });
        }
        catch when (keeps)
        {
            pin.Dispose();
            throw;
        }
        finally
        {
            if (!keeps)
            {
                pin.Dispose();
            }
        }
    }

    public void Dispose() => handle.Dispose();

    internal OrtHandle Handle => handle;

    internal OrtUse Use() => new(handle);

    private static OrtSession Open(OrtSessionOptions options, IDisposable? bytes, Func<OrtApi, nint, nint, nint> create)
    {
        var ort = OrtApi.Instance;
        var environment = OrtEnvironment.Get(ort);
        var native = new NativeSessionOptions(ort, options, withOptionalProviders: true);
        try
        {
            nint session;
            try
            {
                session = create(ort, environment, native.Value);
            }
            catch (OrtException e) when (native.HasOptionalProviders && e.Code != OrtErrorCode.NoSuchFile)
            {
                // A provider that is built in may still find no device; without it the model may load.
                var lost = native.Providers.SkipLast(1).Where(name => !options.ExecutionProviders.Any(p => p.Name == name && p.Required));
                string[] reasons = [.. native.Fallbacks, .. lost.Select(name => $"{name} can't be used: {e.Message}")];
                native.Dispose();
                native = new NativeSessionOptions(ort, options, withOptionalProviders: false);
                native.Fallbacks.AddRange(reasons);
                session = create(ort, environment, native.Value);
            }

            foreach (var fallback in native.Fallbacks)
            {
                OrtEnvironment.Log(OrtLogLevel.Warning, "edgefleet", $"{fallback}; falling back to {string.Join(", ", native.Providers)}.");
            }

            return new OrtSession(ort, session, native, bytes);
        }
        finally
        {
            native.Dispose();
        }
    }

    private OrtModelMetadata ReadMetadata()
    {
        using var use = Use();
        return ModelReader.Metadata(api, use.Value);
    }
}
