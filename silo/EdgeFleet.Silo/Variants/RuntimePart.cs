using EdgeFleet.OnnxRuntime;
using EdgeFleet.Silo.Hosting;

namespace EdgeFleet.Silo.Variants;

/// <summary>Loads ONNX Runtime's library at the start, so that a missing one is found then and not at the first model.</summary>
internal sealed class RuntimePart : ISiloPart
{
    private string _version = "";

    public string Name => "onnxruntime";

    public PartHealth Health => new(_version.Length > 0, _version.Length > 0 ? "ONNX Runtime " + _version : "not loaded");

    public async Task StartAsync(CancellationToken cancellationToken) => _version = await Task.Run(() => OrtRuntime.Version, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
