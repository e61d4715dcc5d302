namespace EdgeFleet.OnnxRuntime;

/// <summary>Tries on the smallest model there is which execution providers work here.</summary>
internal static class ProviderTrial
{
    /// <summary>ONNX, opset 13: <c>y = Identity(x)</c>, float32 [1].</summary>
    private static readonly byte[] Identity =
    [
        0x08, 0x08, 0x42, 0x02, 0x10, 0x0D, 0x3A, 0x37,
        0x0A, 0x10, 0x0A, 0x01, (byte)'x', 0x12, 0x01, (byte)'y', 0x22, 0x08, .. "Identity"u8,
        0x12, 0x01, (byte)'g',
        0x5A, 0x0F, 0x0A, 0x01, (byte)'x', 0x12, 0x0A, 0x0A, 0x08, 0x08, 0x01, 0x12, 0x04, 0x0A, 0x02, 0x08, 0x01,
        0x62, 0x0F, 0x0A, 0x01, (byte)'y', 0x12, 0x0A, 0x0A, 0x08, 0x08, 0x01, 0x12, 0x04, 0x0A, 0x02, 0x08, 0x01,
    ];

    /// <summary>True when a session with the provider can be made: its library, driver and device are there.</summary>
    public static bool Works(string provider)
    {
        var options = new OrtSessionOptions { LogLevel = OrtLogLevel.Fatal };
        options.AppendExecutionProvider(provider, required: true);
        try
        {
            using var session = OrtSession.FromBytes(Identity, options);
            return true;
        }
        catch (OrtException)
        {
            return false;
        }
    }
}
