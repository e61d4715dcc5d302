using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EdgeFleet.OnnxRuntime.Native;

namespace EdgeFleet.OnnxRuntime;

/// <summary>ONNX Runtime's environment: one per process, made at the first use, kept until the process ends. Telemetry is off.</summary>
public static unsafe class OrtEnvironment
{
    private static readonly Lock Gate = new();
    private static nint environment;
    private static OrtLogLevel level = OrtLogLevel.Error;
    private static Action<OrtLogMessage> sink = WriteToStandardError;

    /// <summary>Messages below it are not made. Default: <see cref="OrtLogLevel.Error"/>.</summary>
    public static OrtLogLevel LogLevel
    {
        get => level;
        set
        {
            lock (Gate)
            {
                level = value;
                if (environment != 0)
                {
                    var api = OrtApi.Instance;
                    api.Check(api.UpdateEnvWithCustomLogLevel(environment, (int)value));
                }
            }
        }
    }

    /// <summary>Where ONNX Runtime's messages go; called on any thread, must not block. Null: back to one line each on standard error, the default.</summary>
    public static void SetLogSink(Action<OrtLogMessage>? receiver) => Volatile.Write(ref sink, receiver ?? WriteToStandardError);

    /// <summary>Loads the library and makes the environment, which else the first session does.</summary>
    /// <exception cref="OrtLibraryNotFoundException">There is no usable library.</exception>
    public static void Start() => Get(OrtApi.Instance);

    /// <summary>The environment, made if need be.</summary>
    internal static nint Get(OrtApi api)
    {
        if (Volatile.Read(ref environment) is var made and not 0)
        {
            return made;
        }

        lock (Gate)
        {
            if (environment == 0)
            {
                using var id = new Utf8Text("edgefleet");
                nint created;
                api.Check(api.CreateEnvWithCustomLogger(&Receive, 0, (int)level, id.First, &created));
                api.Check(api.DisableTelemetryEvents(created));
                Volatile.Write(ref environment, created);
            }

            return environment;
        }
    }

    internal static void Log(OrtLogLevel severity, string category, string text)
    {
        if (severity >= level)
        {
            Volatile.Read(ref sink)(new OrtLogMessage(severity, category, "", text));
        }
    }

    [UnmanagedCallersOnly]
    private static void Receive(nint state, int severity, byte* category, byte* id, byte* location, byte* message)
    {
        try
        {
            Volatile.Read(ref sink)(new OrtLogMessage((OrtLogLevel)severity, Text(category), Text(location), Text(message)));
        }
        catch (Exception e)
        {
            // An exception must not unwind into native frames.
            Console.Error.WriteLine($"onnxruntime: the log sink threw {e.GetType().Name}: {e.Message}; the message was: {Text(message)}");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static string Text(byte* utf8) => Marshal.PtrToStringUTF8((nint)utf8) ?? "";

    private static void WriteToStandardError(OrtLogMessage message) =>
        Console.Error.WriteLine($"onnxruntime: {message.Level}: {message.Text.ReplaceLineEndings(" ")}");
}

/// <summary>Severity of ONNX Runtime's messages.</summary>
public enum OrtLogLevel
{
    Verbose = 0,
    Info = 1,
    Warning = 2,
    Error = 3,
    Fatal = 4,
}

/// <summary>A message of ONNX Runtime.</summary>
/// <param name="Level">Its severity.</param>
/// <param name="Category">Its area, <c>onnxruntime</c> mostly.</param>
/// <param name="Location">Where in ONNX Runtime's sources it was made.</param>
/// <param name="Text">What it says.</param>
public readonly record struct OrtLogMessage(OrtLogLevel Level, string Category, string Location, string Text);
