using System.Runtime.InteropServices;

namespace EdgeFleet.OnnxRuntime.Native;

/// <summary>The loaded library's function table. One per process; made at the first use, and tried again at the next when loading failed.</summary>
internal sealed unsafe partial class OrtApi
{
    /// <summary>Version of the function table asked for: 17 is served by every library from 1.17 on.</summary>
    private const uint TableVersion = 17;

    private static readonly Lock Gate = new();
    private static volatile OrtApi? instance;

    private readonly nint* table;

    private OrtApi(nint* table, string libraryPath, string version)
    {
        this.table = table;
        LibraryPath = libraryPath;
        Version = version;
        nint found;
        Check(GetAllocatorWithDefaultOptions(&found));
        Allocator = found;
        Check(CreateCpuMemoryInfo(0, 0, &found));
        CpuMemory = found;
    }

    /// <summary>The library's table.</summary>
    /// <exception cref="OrtLibraryNotFoundException">There is no usable library.</exception>
    public static OrtApi Instance => instance ?? Load();

    public string LibraryPath { get; }

    public string Version { get; }

    /// <summary>ONNX Runtime's default CPU allocator; lives as long as the process.</summary>
    public nint Allocator { get; }

    /// <summary>Describes plain CPU memory; lives as long as the process.</summary>
    public nint CpuMemory { get; }

    /// <summary>Loads the library at the first usable place of <paramref name="search"/> without making it the process's one.</summary>
    internal static OrtApi Open(OrtLibrarySearch search)
    {
        var (handle, path) = search.Load();
        if (!NativeLibrary.TryGetExport(handle, "OrtGetApiBase", out var export))
        {
            throw new OrtLibraryNotFoundException($"{path} is not ONNX Runtime: it has no function OrtGetApiBase. {OrtLibrarySearch.Cure}");
        }

        // OrtApiBase: GetApi(version), GetVersionString().
        var functions = ((delegate* unmanaged<nint*>)export)();
        var version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)functions[1])()) ?? "";
        var found = IsNewEnough(version) ? (nint*)((delegate* unmanaged<uint, nint>)functions[0])(TableVersion) : null;
        return found == null
            ? throw new OrtLibraryNotFoundException($"{path} is ONNX Runtime {version}; 1.{TableVersion} or newer is needed. {OrtLibrarySearch.Cure}")
            : new OrtApi(found, path, version);
    }

    /// <summary>Throws when <paramref name="status"/> is an error, and releases it.</summary>
    /// <exception cref="OrtException">ONNX Runtime's code and message.</exception>
    public void Check(nint status)
    {
        if (status != 0)
        {
            throw Take(status);
        }
    }

    /// <summary>The exception for an error status, which is released.</summary>
    public OrtException Take(nint status)
    {
        var code = (OrtErrorCode)GetErrorCode(status);
        var message = Marshal.PtrToStringUTF8((nint)GetErrorMessage(status)) ?? "";
        ReleaseStatus(status);
        return new OrtException(code, message);
    }

    /// <summary>Copies and frees a string that ONNX Runtime allocated.</summary>
    public string TakeString(byte* text)
    {
        var copy = Marshal.PtrToStringUTF8((nint)text) ?? "";
        Check(AllocatorFree(Allocator, text));
        return copy;
    }

    // An older library would print a complaint of its own when asked for a table that it does not have.
    private static bool IsNewEnough(string version) =>
        !System.Version.TryParse(version.Split('-', '+')[0], out var parsed) || parsed.Major > 1 || parsed.Minor >= TableVersion;

    private static OrtApi Load()
    {
        lock (Gate)
        {
            return instance ??= Open(OrtLibrarySearch.ForThisProcess());
        }
    }
}
