using System.Globalization;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Models;
using EdgeFleet.GrainContracts;

namespace EdgeFleet.Grains.Models;

/// <summary>Selects the form of a model for a device: a pure function of capabilities, model and policy.</summary>
public static class ProfileSelector
{
    /// <summary>What an agent takes beside its models: the runtime, ONNX Runtime and the MQTT client.</summary>
    public const long AgentBaseBytes = 48L << 20;

    /// <summary>A loaded variant takes about three times its file: the file's image, the initializers, the copy packed for the kernels.</summary>
    public const int LoadedCopies = 3;

    /// <summary>While a device switches, the old and the new variant are loaded side by side.</summary>
    public const int VariantsDuringSwitch = 2;

    /// <summary>Chooses the best profile that the device can run and the policy allows, with the reason in words.</summary>
    /// <param name="capabilities">The device.</param>
    /// <param name="manifest">The model.</param>
    /// <param name="allowed">Profiles that may be chosen; empty allows all.</param>
    /// <param name="variants">What is known of this model's variants: a refused or failed one is no candidate, a ready one tells its true size.</param>
    /// <param name="mostBytes">Largest variant that is sent; null allows any.</param>
    public static ProfileChoice Choose(
        DeviceCapabilities capabilities,
        ModelManifest manifest,
        IReadOnlyList<CompressionProfile> allowed,
        IReadOnlyList<VariantInfo>? variants = null,
        long? mostBytes = null)
    {
        var (preferred, hardware) = Preference(capabilities, manifest);

        // Last, since they give no speed: they come where disk or link have no room for the others.
        CompressionProfile[] order = [.. preferred, CompressionProfile.Weights8, CompressionProfile.Weights4];
        var exclusions = new List<Exclusion>();
        var candidates = new List<CompressionProfile>();
        foreach (var profile in order)
        {
            // Forms that are no candidates on this hardware say nothing; those that a limit took away do, also those ranked lower.
            if (Exclude(profile, capabilities, manifest, allowed, variants?.FirstOrDefault(v => v.Profile == profile), mostBytes) is { } exclusion)
            {
                exclusions.Add(exclusion);
            }
            else
            {
                candidates.Add(profile);
            }
        }

        if (candidates.Count == 0)
        {
            var unfit = allowed.Where(p => !order.Contains(p)).ToArray();
            var words = Summarize(exclusions).Concat(unfit.Length == 0 ? [] : [$"{hardware} excludes {string.Join(", ", unfit)}"]);
            return new ProfileChoice(null, $"no profile suits: {string.Join("; ", words)}", []);
        }

        // What ranks below fp32 is a makeshift: that it fell away explains nothing.
        var missed = exclusions.Where(e => order.TakeWhile(p => p != CompressionProfile.Fp32).Append(CompressionProfile.Fp32).Contains(e.Profile));
        return new ProfileChoice(candidates[0], $"{candidates[0]}: {string.Join("; ", [hardware, .. Summarize(missed)])}", candidates[1..]);
    }

    /// <summary>Memory that a device needs to switch to this form, in bytes.</summary>
    /// <remarks>A processor widens float16 weights to float32 at load, and those of the weight-only forms are unpacked: they need as much as fp32.</remarks>
    public static long MemoryNeed(CompressionProfile profile, ModelManifest manifest, VariantInfo? variant = null) =>
        AgentBaseBytes + (VariantsDuringSwitch * LoadedCopies * (profile == CompressionProfile.Fp16 || profile.IsWeightOnly
            ? manifest.Artifact.SizeBytes
            : EstimatedBytes(profile, manifest, variant)));

    /// <summary>Bytes of the variant: true ones where it is ready, otherwise expected ones (8 bits keep a quarter of the weights, 4 a seventh, and some float parts).</summary>
    public static long EstimatedBytes(CompressionProfile profile, ModelManifest manifest, VariantInfo? variant = null) =>
        variant?.Artifact?.SizeBytes ?? (long)(manifest.Artifact.SizeBytes * (profile switch
        {
            _ when profile == CompressionProfile.Weights4 => 0.17,
            _ when profile == CompressionProfile.Weights8 || profile.Precision == "int8" => 0.28,
            _ when profile == CompressionProfile.Fp16 => 0.51,
            _ => 1.0,
        }));

    private static (IReadOnlyList<CompressionProfile> Order, string Hardware) Preference(DeviceCapabilities device, ModelManifest manifest)
    {
        CompressionProfile fp32 = CompressionProfile.Fp32, fp16 = CompressionProfile.Fp16, dynamic = CompressionProfile.Int8Dynamic;

        // Convolutions gain from static int8 only. Recurrent layers stay float32 in the static forms, so the dynamic one comes first there.
        var convolutional = manifest.Operators.Keys.Any(o => o is "Conv" or "ConvTranspose");
        var recurrent = manifest.Operators.ContainsKey("LSTM");
        var dense = manifest.Operators.Keys.Any(o => o is "MatMul" or "Gemm");
        IReadOnlyList<CompressionProfile> int8(CompressionProfile form) => convolutional ? [form]
            : recurrent ? [dynamic, form]
            : dense ? [form, dynamic]
            : [form];

        if (device.ExecutionProviders.Contains("CUDAExecutionProvider", StringComparer.Ordinal))
        {
            return ([fp16, fp32], "CUDA runs float16 natively");
        }

        return device.Arch switch
        {
            "x64" when device.HasInt8DotProduct => ([.. int8(CompressionProfile.Int8), fp32, fp16], "VNNI"),
            "x64" when device.Has("avx2") => ([.. int8(CompressionProfile.Int8Reduced), fp32, fp16], "AVX2 without VNNI"),
            "x64" => ([fp32, .. int8(CompressionProfile.Int8Reduced), fp16], "x64 without AVX2, for which int8 was not measured"),
            "arm64" when device.HasInt8DotProduct && device.Has("fp16") =>
                ([.. int8(CompressionProfile.Int8Signed), fp16, fp32], "arm64 with dot products and float16"),
            "arm64" when device.HasInt8DotProduct => ([.. int8(CompressionProfile.Int8Signed), fp32, fp16], "arm64 with dot products"),
            "arm64" => ([.. int8(CompressionProfile.Int8Signed), fp32, fp16], "arm64 without dot products"),
            _ => ([fp32, fp16], $"{device.Arch}, for which no int8 form was measured"),
        };
    }

    private static Exclusion? Exclude(
        CompressionProfile profile,
        DeviceCapabilities device,
        ModelManifest manifest,
        IReadOnlyList<CompressionProfile> allowed,
        VariantInfo? variant,
        long? mostBytes)
    {
        if (allowed.Count > 0 && !allowed.Contains(profile))
        {
            return new Exclusion(profile, "the rollout excludes");
        }

        if (!device.Allows(profile.Precision))
        {
            return new Exclusion(profile, $"the device runs only {string.Join(" and ", device.Precisions)}, which excludes");
        }

        if (profile.NeedsCalibration && manifest.Calibration is null)
        {
            return new Exclusion(profile, "no calibration data excludes");
        }

        if (variant is { Status: VariantStatus.Refused or VariantStatus.Failed })
        {
            return new Exclusion(profile, variant.Status == VariantStatus.Refused ? "the quality floor excludes" : "failed production excludes");
        }

        if (MemoryNeed(profile, manifest, variant) > device.MemoryBytes)
        {
            return new Exclusion(profile, $"{Megabytes(device.MemoryBytes)} limit excludes");
        }

        if (EstimatedBytes(profile, manifest, variant) > mostBytes)
        {
            return new Exclusion(profile, $"the rollout's limit of {mostBytes.Value.ToString("N0", CultureInfo.InvariantCulture)} bytes excludes");
        }

        return VariantsDuringSwitch * EstimatedBytes(profile, manifest, variant) > device.DiskFreeBytes
            ? new Exclusion(profile, $"{Megabytes(device.DiskFreeBytes)} of free disk exclude")
            : null;
    }

    private static IEnumerable<string> Summarize(IEnumerable<Exclusion> exclusions) =>
        exclusions.GroupBy(e => e.Why, e => e.Profile.Value).Select(g => $"{g.Key} {string.Join(", ", g)}");

    private static string Megabytes(long bytes) => (bytes >> 20).ToString(CultureInfo.InvariantCulture) + " MB";

    private sealed record Exclusion(CompressionProfile Profile, string Why);
}
