using System.Diagnostics;
using System.IO.Compression;
using EdgeFleet.OnnxRuntime;

namespace EdgeFleet.Benchmarks.Ort;

/// <summary>A real model by the binding: resnet20-fashion on its 10,000 test images, one thread.</summary>
internal static class ModelFigures
{
    private const int Batch = 100;
    private const int Pixels = 784;
    private const int Classes = 10;

    public static void Measure(BenchmarkReport report, CancellationToken cancellationToken)
    {
        if (DemoFolder() is not { } folder)
        {
            Console.WriteLine("  (deploy/demo is not above this program: no figures of a real model)");
            return;
        }

        var images = Unpack(Path.Combine(folder, "fashion-test-images-idx3-ubyte.gz"), header: 16);
        var labels = Unpack(Path.Combine(folder, "fashion-test-labels-idx1-ubyte.gz"), header: 8);
        using var session = OrtSession.FromFile(Path.Combine(folder, "resnet20-fashion.onnx"), new OrtSessionOptions { IntraOpThreads = 1 });
        report.AtLeast(92.41, "resnet20-fashion, accuracy on 10,000 test images", Accuracy(session, images, labels, cancellationToken), "%");
        report.Add("resnet20-fashion, batch 1, one thread, median latency", Latency(session, images), "ms");
    }

    private static double Accuracy(OrtSession session, byte[] images, byte[] labels, CancellationToken cancellationToken)
    {
        var input = new float[Batch * Pixels];
        var logits = new float[Batch * Classes];
        using var given = OrtValue.Over(input.AsMemory(), [Batch, 1, 28, 28]);
        using var result = OrtValue.Over(logits.AsMemory(), [Batch, Classes]);
        var correct = 0;
        for (var first = 0; first < labels.Length; first += Batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Scale(images.AsSpan(first * Pixels, input.Length), input);
            session.Run([given], [result]);
            for (var i = 0; i < Batch; i++)
            {
                var scores = logits.AsSpan(i * Classes, Classes);
                correct += scores.IndexOf(scores.ToArray().Max()) == labels[first + i] ? 1 : 0;
            }
        }

        return 100.0 * correct / labels.Length;
    }

    private static double Latency(OrtSession session, byte[] images)
    {
        var input = new float[Pixels];
        using var given = OrtValue.Over(input.AsMemory(), [1, 1, 28, 28]);
        using var result = OrtValue.Create<float>([1, Classes]);
        var times = new double[500];
        for (var i = 0; i < times.Length; i++)
        {
            Scale(images.AsSpan(i * Pixels, Pixels), input);
            var start = Stopwatch.GetTimestamp();
            session.Run([given], [result]);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return times.Order().ElementAt(times.Length / 2);
    }

    private static void Scale(ReadOnlySpan<byte> pixels, Span<float> input)
    {
        for (var i = 0; i < pixels.Length; i++)
        {
            input[i] = pixels[i] / 255f;
        }
    }

    private static byte[] Unpack(string path, int header)
    {
        using var stream = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray()[header..];
    }

    private static string? DemoFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var demo = Path.Combine(folder.FullName, "deploy", "demo");
            if (Directory.Exists(demo))
            {
                return demo;
            }
        }

        return null;
    }
}
