using System.Runtime.InteropServices;
using EdgeFleet.OnnxRuntime.Native;

namespace EdgeFleet.OnnxRuntime;

/// <summary>Options of single runs; one object may serve many runs, also at once.</summary>
public sealed unsafe class OrtRunOptions : IDisposable
{
    private readonly OrtApi api;

    public OrtRunOptions()
    {
        api = OrtApi.Instance;
        nint created;
        api.Check(api.CreateRunOptions(&created));
        Handle = new OrtHandle(created, api.ReleaseRunOptions);
    }

    /// <summary>Name of the run in messages. Default: empty.</summary>
    public string Tag
    {
        get
        {
            using var use = new OrtUse(Handle);
            byte* tag;
            api.Check(api.RunOptionsGetRunTag(use.Value, &tag));
            return Marshal.PtrToStringUTF8((nint)tag) ?? "";
        }

        set
        {
            using var use = new OrtUse(Handle);
            using var text = new Utf8Text(value);
            api.Check(api.RunOptionsSetRunTag(use.Value, text.First));
        }
    }

    internal OrtHandle Handle { get; }

    /// <summary>Messages of the run below it are not made.</summary>
    public void SetLogLevel(OrtLogLevel level)
    {
        using var use = new OrtUse(Handle);
        api.Check(api.RunOptionsSetRunLogSeverityLevel(use.Value, (int)level));
    }

    /// <summary>Makes the runs that use these options end as soon as they can, with an <see cref="OrtException"/>; later ones at once. Any thread may call it.</summary>
    public void Terminate()
    {
        using var use = new OrtUse(Handle);
        api.Check(api.RunOptionsSetTerminate(use.Value));
    }

    /// <summary>Takes <see cref="Terminate"/> back for later runs.</summary>
    public void Resume()
    {
        using var use = new OrtUse(Handle);
        api.Check(api.RunOptionsUnsetTerminate(use.Value));
    }

    /// <summary>Adds an entry as listed in ONNX Runtime's <c>onnxruntime_run_options_config_keys.h</c>.</summary>
    public void AddConfigEntry(string key, string value)
    {
        using var use = new OrtUse(Handle);
        using var entry = new Utf8Text(key, value);
        api.Check(api.AddRunConfigEntry(use.Value, entry.Pointers[0], entry.Pointers[1]));
    }

    public void Dispose() => Handle.Dispose();
}
