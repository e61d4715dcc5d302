using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using EdgeFleet.Benchmarks.Quality;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Silo.Commands;
using EdgeFleet.Tests.Compression;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Silo.Commands;

/// <summary>
/// A layer whose sums of two uint8 * int8 products leave 16 bits, run by the kernels of processors without VNNI: there full-range
/// weights give wrong classes, and what <c>--profile int8</c> makes for such processors does not.
/// </summary>
public sealed class SaturationTests : IDisposable
{
    private const int Width = 64, Samples = 32;

    private readonly TempFolder _folder = new();
    private readonly string _library;
    private readonly string _model;
    private readonly string _images;
    private readonly string _labels;

    public SaturationTests()
    {
        _library = Path.Combine(_folder.Path, "libonnxruntime.so.1");
        _model = File("model.onnx", Stress().ToArray());
        _images = File("x.npy", Npy("<f4", $"({Samples}, {Width})", MemoryMarshal.AsBytes(Inputs().AsSpan())));
        _labels = File("labels.npy", Npy("|u1", $"({Samples},)", new byte[Samples]));
    }

    public void Dispose() => _folder.Dispose();

    [LinuxX64Fact]
    public async Task Int8_for_processors_without_vnni_is_exact_on_them_where_full_range_saturates()
    {
        NarrowedRuntime.Write(Path.Combine(AppContext.BaseDirectory, "libonnxruntime.so.1"), _library);
        var full = Path.Combine(_folder.Path, "full.onnx");
        var reduced = Path.Combine(_folder.Path, "reduced.onnx");
        await CompressAsync(full, "x64-vnni", null);
        var here = await CompressAsync(reduced, "x64-avx2", null);

        // On the kernels that saturate: all classes wrong, or all right.
        (await AccuracyAsync(full, _library)).ShouldBe(0);
        (await AccuracyAsync(reduced, _library)).ShouldBe(1);

        // The same variant, made and executed on either kernels: the same bytes, and the same distance from the float model.
        var made = await System.IO.File.ReadAllBytesAsync(reduced);
        var narrow = await CompressAsync(reduced, "x64-avx2", _library);
        (await System.IO.File.ReadAllBytesAsync(reduced)).ShouldBe(made);
        narrow.GetProperty("profile").GetString().ShouldBe("int8-reduced");
        var tolerance = here.GetProperty("tolerance").GetProperty("y").GetDouble();
        narrow.GetProperty("maxAbsError").GetDouble().ShouldBe(here.GetProperty("maxAbsError").GetDouble(), tolerance);
    }

    /// <summary>
    /// Two classes. True sums: 64 and 48. With weights up to 127 every pair of the first saturates, which leaves 32.4 of it; those of
    /// the second do not, since every other weight is 0.
    /// </summary>
    private static OnnxModel Stress()
    {
        var weights = new float[Width * 2];
        for (var i = 0; i < Width; i++)
        {
            weights[i * 2] = 1;
            weights[(i * 2) + 1] = i % 2 == 0 ? 1.5f : 0;
        }

        return TestModels.Model([TestModels.Node("MatMul", ["x", "w"], "y")], [OnnxTensor.Of<float>("w", OnnxElementType.Float, [Width, 2], weights)], [null, Width]);
    }

    private static float[] Inputs() => [.. Enumerable.Range(0, Samples * Width).Select(i => 1 - (i % 7 * 0.001f))];

    private async Task<JsonElement> CompressAsync(string output, string target, string? library)
    {
        var (code, text) = await RunAsync(library, "compress", _model, "-o", output, "--profile", "int8", "--target", target, "--allow-slower", "--floor", "0", "--calibration", _images, "--json");
        code.ShouldBe(0, text);
        return JsonDocument.Parse(text[text.IndexOf('{')..]).RootElement;
    }

    private async Task<double> AccuracyAsync(string model, string library)
    {
        var (code, text) = await RunAsync(library, "evaluate", model, "--images", _images, "--labels", _labels, "--runs", "1", "--json");
        code.ShouldBe(0, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("accuracy").GetDouble();
    }

    private static async Task<(int Code, string Text)> RunAsync(string? library, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(typeof(SiloCommandLine).Assembly.Location);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        if (library is not null)
        {
            start.Environment["EDGEFLEET_ORT_LIB"] = library;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, process.ExitCode == 0 ? output : output + await error);
    }

    private static byte[] Npy(string type, string shape, ReadOnlySpan<byte> values)
    {
        var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}".PadRight(117) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), .. values];
    }

    private string File(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder.Path, name);
        System.IO.File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>The library that can be narrowed is the one for Linux on x64.</summary>
    private sealed class LinuxX64FactAttribute : FactAttribute
    {
        public LinuxX64FactAttribute()
        {
            if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != System.Runtime.InteropServices.Architecture.X64)
            {
                Skip = "needs the Linux x64 build of ONNX Runtime";
            }
        }
    }
}
