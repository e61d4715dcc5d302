using EdgeFleet.Contracts.Models;
using EdgeFleet.OnnxRuntime;

namespace EdgeFleet.Agent.Inference;

/// <summary>Loads variants with ONNX Runtime.</summary>
/// <param name="threads">Threads per run, at least 1: devices have other work too.</param>
/// <param name="providers">Execution providers in order of preference, used where they work; the CPU is always the last resort.</param>
internal sealed class OrtVariantLoader(int threads = 1, IReadOnlyList<string>? providers = null) : IVariantLoader
{
    public IServedVariant Load(string path, InputScaling input)
    {
        var scaler = new SampleScaler(input);
        var options = new OrtSessionOptions { IntraOpThreads = threads, InterOpThreads = 1, LogLevel = OrtLogLevel.Fatal };

        // Threads that spin between runs cost a small device its battery and everybody else's time.
        options.ConfigEntries["session.intra_op.allow_spinning"] = "0";
        foreach (var provider in providers ?? [])
        {
            options.AppendExecutionProvider(provider);
        }

        OrtSession session;
        try
        {
            session = OrtSession.FromFile(path, options);
        }
        catch (Exception e) when (e is OrtException or ArgumentException)
        {
            throw new VariantException($"{Path.GetFileName(path)} can't be loaded: {e.Message}", e);
        }

        try
        {
            return new OrtServedVariant(session, VariantShape.Of(session), scaler);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }
}
