namespace EdgeFleet.OnnxRuntime.Native;

/// <summary>A session's input and output names in native memory, and what else must live as long as the session.</summary>
internal sealed unsafe class SessionNames(IReadOnlyList<OrtTensorInfo> inputs, IReadOnlyList<OrtTensorInfo> outputs, IDisposable? owned) : IDisposable
{
    private readonly Utf8Text inputNames = new([.. inputs.Select(input => input.Name)]);
    private readonly Utf8Text outputNames = new([.. outputs.Select(output => output.Name)]);

    public byte** Inputs => inputNames.Pointers;

    public byte** Outputs => outputNames.Pointers;

    public void Dispose()
    {
        inputNames.Dispose();
        outputNames.Dispose();
        owned?.Dispose();
    }
}
