using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeFleet.Agent.Inference;
using EdgeFleet.Agent.Registration;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Tests.Agent;

/// <summary>Variants whose bytes are a script, for the faults that no real model has: <c>shift=N</c> (classes moved by N), <c>fail-load</c>, <c>fail-after=N</c>.</summary>
internal sealed class ScriptedLoader : IVariantLoader
{
    public const int Classes = 10;

    /// <summary>Digests whose answers were asked for by the golden check, the comparison or live.</summary>
    public ConcurrentDictionary<Sha256Digest, long> Runs { get; } = new();

    public static byte[] Variant(string script, int paddedTo = 5000) => Encoding.ASCII.GetBytes(script.PadRight(paddedTo, ' '));

    /// <summary>A golden set which the variant reproduces if <paramref name="shift"/> is its own.</summary>
    public static byte[] Golden(byte[] variant, int shift)
    {
        var input = new GoldenTensor("input", [1, 1], Floats(3));
        var output = new GoldenTensor("output", [1, 1], Floats(3 + shift));
        var set = new GoldenSet(
            Sha256Digest.Of(variant), [new GoldenCase([input], [output])], new Dictionary<string, double>(StringComparer.Ordinal) { ["output"] = 0.01 });
        return JsonSerializer.SerializeToUtf8Bytes(set, WireJson.Default.GoldenSet);
    }

    public IServedVariant Load(string path, InputScaling input)
    {
        var bytes = File.ReadAllBytes(path);
        var script = Encoding.ASCII.GetString(bytes).Trim();
        if (script.Contains("fail-load", StringComparison.Ordinal))
        {
            throw new VariantException("it can't be loaded, says its script");
        }

        var digest = Sha256Digest.Of(bytes);
        return new Served(Number(script, "shift="), Number(script, "fail-after="), () => Runs.AddOrUpdate(digest, 1, (_, n) => n + 1));
    }

    private static byte[] Floats(float value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        return bytes;
    }

    private static int Number(string script, string key)
    {
        var part = script.Split(' ').FirstOrDefault(p => p.StartsWith(key, StringComparison.Ordinal));
        return part is null ? 0 : int.Parse(part[key.Length..], CultureInfo.InvariantCulture);
    }

    private sealed class Served(int shift, int failAfter, Action count) : IServedVariant
    {
        private int _runs;
        private volatile bool _disposed;

        public InferenceResult Run(ReadOnlySpan<byte> sample)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            count();
            if (failAfter > 0 && Interlocked.Increment(ref _runs) > failAfter)
            {
                throw new InvalidOperationException("it fails from now on, says its script");
            }

            var top = (sample[0] + shift) % Classes;
            var scores = new float[Classes];
            scores[top] = 1;
            return new InferenceResult(top, scores);
        }

        public IReadOnlyList<GoldenTensor> RunTensors(IReadOnlyList<GoldenTensor> inputs) =>
            [new GoldenTensor("output", [1, 1], Floats(BinaryPrimitives.ReadSingleLittleEndian(inputs[0].Data) + shift))];

        public void Dispose() => _disposed = true;
    }
}

/// <summary>Samples 0, 1, 2… of one byte, labelled with their value.</summary>
internal sealed class CountingSource : IInputSource
{
    private int _next;

    public Sample Next()
    {
        var value = (byte)(_next++ % ScriptedLoader.Classes);
        return new Sample(new[] { value }, value);
    }
}

/// <summary>A small device.</summary>
internal sealed class FixedProbe : ICapabilityProbe
{
    public DeviceCapabilities Probe(string dataFolder, CapabilityDeclaration declared) =>
        new(declared.Arch ?? "x64", ["avx2"], 1, 1 << 28, 1 << 28, "1.30.0", ["CPUExecutionProvider"], declared.Precisions ?? []);
}

/// <summary>Compares as the interface says, without a clock.</summary>
internal sealed class PlainProver : IProver
{
    public GoldenVerdict CheckGolden(IServedVariant candidate, GoldenSet golden, CancellationToken cancellationToken)
    {
        double worst = 0;
        foreach (var c in golden.Cases)
        {
            var got = candidate.RunTensors(c.Inputs);
            worst = Math.Max(worst, Math.Abs(BinaryPrimitives.ReadSingleLittleEndian(got[0].Data) - BinaryPrimitives.ReadSingleLittleEndian(c.Outputs[0].Data)));
        }

        var tolerance = golden.Tolerance["output"];
        return new GoldenVerdict(worst <= tolerance, worst, tolerance, $"off by {worst}");
    }

    public AgreementVerdict Compare(IServedVariant candidate, IServedVariant incumbent, IReadOnlyList<Sample> recent, CancellationToken cancellationToken)
    {
        var same = recent.Count(s => candidate.Run(s.Data.Span).Top1 == incumbent.Run(s.Data.Span).Top1);
        return new AgreementVerdict((double)same / recent.Count, recent.Count, 1, 1);
    }
}
