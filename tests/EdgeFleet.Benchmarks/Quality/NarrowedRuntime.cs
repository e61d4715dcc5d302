namespace EdgeFleet.Benchmarks.Quality;

/// <summary>
/// ONNX Runtime as it runs on a processor without VNNI, on one that has AVX512-VNNI: a copy of the native library in which the one
/// place that asks the system which registers are enabled (XGETBV in the set-up of its kernels) answers "SSE and AVX only". The
/// kernels chosen are then those for AVX2: uint8 * int8 sums saturate, as they do on such processors. Only measurements use it.
/// </summary>
internal static class NarrowedRuntime
{
    // mov esi, ecx; xor ecx, ecx; xgetbv; mov eax, eax; shl rdx, 32; or rdx, rax
    private static readonly byte[] s_site = [0x89, 0xCE, 0x31, 0xC9, 0x0F, 0x01, 0xD0, 0x89, 0xC0, 0x48, 0xC1, 0xE2, 0x20, 0x48, 0x09, 0xC2];

    // In place of xgetbv: mov al, 7; nop
    private static readonly byte[] s_answer = [0xB0, 0x07, 0x90];

    /// <summary>Lets this process load the copy, which is made beside the original; before the runtime's first use.</summary>
    public static void Use()
    {
        var library = Environment.GetEnvironmentVariable("EDGEFLEET_ORT_LIB") is { Length: > 0 } configured
            ? configured
            : Path.Combine(AppContext.BaseDirectory, "libonnxruntime.so.1");
        var copy = Path.Combine(AppContext.BaseDirectory, "libonnxruntime-without-vnni.so.1");
        Write(library, copy);
        Environment.SetEnvironmentVariable("EDGEFLEET_ORT_LIB", copy);
    }

    /// <summary>Writes the copy.</summary>
    /// <param name="library">The library of linux-x64.</param>
    /// <param name="copy">Where to.</param>
    /// <exception cref="InvalidDataException">The place was not found exactly once: another version or platform.</exception>
    public static void Write(string library, string copy)
    {
        var bytes = File.ReadAllBytes(library);
        var at = bytes.AsSpan().IndexOf(s_site);
        if (at < 0 || bytes.AsSpan(at + 1).IndexOf(s_site) >= 0)
        {
            throw new InvalidDataException($"{Path.GetFileName(library)} is not the build of ONNX Runtime 1.30 for linux-x64 that can be narrowed.");
        }

        s_answer.CopyTo(bytes, at + 4);
        File.WriteAllBytes(copy, bytes);
    }
}
