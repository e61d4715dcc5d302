using System.Runtime.InteropServices;
using EdgeFleet.OnnxRuntime.Native;

namespace EdgeFleet.OnnxRuntime;

/// <summary>The native library that this process uses.</summary>
public static unsafe class OrtRuntime
{
    private static readonly Lazy<IReadOnlyList<string>> Providers = new(ReadProviders, LazyThreadSafetyMode.PublicationOnly);

    private static readonly Lazy<IReadOnlyList<string>> Usable = new(
        () => [.. Providers.Value.Where(ProviderTrial.Works)], LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>Version of ONNX Runtime, such as <c>1.30.0</c>.</summary>
    /// <exception cref="OrtLibraryNotFoundException">There is no usable library.</exception>
    public static string Version => OrtApi.Instance.Version;

    /// <summary>The file or system name that was loaded.</summary>
    public static string LibraryPath => OrtApi.Instance.LibraryPath;

    /// <summary>How the library was built, in its own words.</summary>
    public static string BuildInfo => Marshal.PtrToStringUTF8((nint)OrtApi.Instance.GetBuildInfoString()) ?? "";

    /// <summary>Execution providers that the library was built with, best first; <c>CPUExecutionProvider</c> is always the last.</summary>
    /// <remarks>Built in does not mean usable: a provider can still miss its driver or device, which is found out when a session is made.</remarks>
    public static IReadOnlyList<string> AvailableProviders => Providers.Value;

    /// <summary>Of <see cref="AvailableProviders"/>, those with which a session can be made on this machine; tried once.</summary>
    public static IReadOnlyList<string> UsableProviders => Usable.Value;

    private static string[] ReadProviders()
    {
        var api = OrtApi.Instance;
        byte** names;
        int count;
        api.Check(api.GetAvailableProviders(&names, &count));
        var result = new string[count];
        for (var i = 0; i < count; i++)
        {
            result[i] = Marshal.PtrToStringUTF8((nint)names[i]) ?? "";
        }

        api.Check(api.ReleaseAvailableProviders(names, count));
        return result;
    }
}
