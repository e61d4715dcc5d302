namespace EdgeFleet.OnnxRuntime.Native;

/// <summary>Brings execution providers into native session options.</summary>
internal static unsafe class OrtProviders
{
    public const string Cpu = "CPUExecutionProvider";

    /// <summary>Appends one provider; returns null, or why it could not be.</summary>
    /// <exception cref="OrtException">It could not be appended, and is required.</exception>
    public static string? Append(OrtApi api, nint options, OrtProviderRequest request, IReadOnlyList<string> available)
    {
        if (request.Name == Cpu)
        {
            return null; // It is there without asking, behind all others.
        }

        if (!available.Contains(request.Name, StringComparer.Ordinal))
        {
            var reason = $"{request.Name} is not in this build of ONNX Runtime {api.Version}, which has {string.Join(", ", available)}";
            return request.Required ? throw new OrtException(OrtErrorCode.InvalidArgument, reason + ".") : reason;
        }

        try
        {
            Append(api, options, request);
            return null;
        }
        catch (OrtException e) when (!request.Required)
        {
            return $"{request.Name} can't be used: {e.Message}";
        }
    }

    private static void Append(OrtApi api, nint options, OrtProviderRequest request)
    {
        using var keys = new Utf8Text([.. request.Settings.Keys]);
        using var values = new Utf8Text([.. request.Settings.Values]);
        var count = (nuint)keys.Count;
        nint settings;
        switch (request.Name)
        {
            case "CUDAExecutionProvider":
                api.Check(api.CreateCudaProviderOptions(&settings));
                try
                {
                    api.Check(api.UpdateCudaProviderOptions(settings, keys.Pointers, values.Pointers, count));
                    api.Check(api.AppendCuda(options, settings));
                }
                finally
                {
                    api.ReleaseCudaProviderOptions(settings);
                }

                break;
            case "TensorrtExecutionProvider":
                api.Check(api.CreateTensorRTProviderOptions(&settings));
                try
                {
                    api.Check(api.UpdateTensorRTProviderOptions(settings, keys.Pointers, values.Pointers, count));
                    api.Check(api.AppendTensorRT(options, settings));
                }
                finally
                {
                    api.ReleaseTensorRTProviderOptions(settings);
                }

                break;
            default:
                // The general function wants the name without its ending: XNNPACK, QNN, CoreML, WebGPU…
                const string Ending = "ExecutionProvider";
                var name = request.Name.EndsWith(Ending, StringComparison.Ordinal) ? request.Name[..^Ending.Length] : request.Name;
                using (var text = new Utf8Text(name == "Xnnpack" ? "XNNPACK" : name))
                {
                    api.Check(api.AppendExecutionProvider(options, text.First, keys.Pointers, values.Pointers, count));
                }

                break;
        }
    }
}
