using System.Runtime.InteropServices;

namespace EdgeFleet.OnnxRuntime.Native;

/// <summary>Where the native library is looked for: EDGEFLEET_ORT_LIB, the application's folder, the system.</summary>
/// <param name="configured">Value of EDGEFLEET_ORT_LIB: a file, or a folder with the library in it; null or empty when not set.</param>
/// <param name="applicationFolder">Where the application's files lie.</param>
/// <param name="system">The names which the system's loader is asked for; empty in tests.</param>
internal sealed class OrtLibrarySearch(string? configured, string applicationFolder, IReadOnlyList<string> system)
{
    public const string Variable = "EDGEFLEET_ORT_LIB";
    public const string Cure = $"Run 'npm ci --ignore-scripts' in the checkout and build again, or set {Variable} to the library.";

    /// <summary>File names of the library, those of this operating system first.</summary>
    public static IReadOnlyList<string> FileNames { get; } =
        OperatingSystem.IsWindows() ? ["onnxruntime.dll"]
        : OperatingSystem.IsMacOS() ? ["libonnxruntime.1.dylib", "libonnxruntime.dylib"]
        : ["libonnxruntime.so.1", "libonnxruntime.so"];

    public static OrtLibrarySearch ForThisProcess() =>
        new(Environment.GetEnvironmentVariable(Variable), AppContext.BaseDirectory, FileNames);

    /// <summary>The places in the order in which they are tried. What is configured is tried alone: a wrong setting must not be papered over.</summary>
    public IEnumerable<string> Places()
    {
        if (!string.IsNullOrEmpty(configured))
        {
            return Directory.Exists(configured) ? FileNames.Select(name => Path.Combine(configured, name)) : [configured];
        }

        // NuGet's native packages put theirs under runtimes/<rid>/native when the build is not for one platform.
        var native = Path.Combine(applicationFolder, "runtimes", PortableIdentifier(), "native");
        return
        [
            .. FileNames.Select(name => Path.Combine(applicationFolder, name)),
            .. FileNames.Select(name => Path.Combine(native, name)),
            .. system,
        ];
    }

    /// <summary>Loads the first that is there.</summary>
    /// <exception cref="OrtLibraryNotFoundException">None is, or the first that is there can't be loaded; says where was looked and what to do.</exception>
    public (nint Handle, string Path) Load()
    {
        TelemetrySwitch.TurnOff();
        foreach (var place in Places())
        {
            if (!Path.IsPathRooted(place))
            {
                if (NativeLibrary.TryLoad(place, out var found))
                {
                    return (found, place);
                }
            }
            else if (File.Exists(place))
            {
                return (LoadFile(place), place);
            }
        }

        throw new OrtLibraryNotFoundException(string.IsNullOrEmpty(configured)
            ? $"The native library of ONNX Runtime ({FileNames[0]}) is neither in {applicationFolder} nor known to the system. {Cure}"
            : $"{Variable} is set to {configured}, where there is no {FileNames[0]}. {Cure}");
    }

    private static nint LoadFile(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            var reason = e.Message.ReplaceLineEndings(" ").Trim();
            throw new OrtLibraryNotFoundException($"{path} is there but can't be loaded ({reason}). {Cure}", e);
        }
    }

    private static string PortableIdentifier()
    {
        var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
#pragma warning disable CA1308 // Runtime identifiers are in lower case.
        return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
#pragma warning restore CA1308
    }
}
