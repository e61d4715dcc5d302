using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Json;

namespace EdgeFleet.Contracts.Models;

/// <summary>A form of a model. One variant is made per distinct (model, profile).</summary>
[JsonConverter(typeof(CompressionProfileConverter))]
public readonly record struct CompressionProfile(string Value) : IWireId<CompressionProfile>
{
    /// <summary>The original, prepared (constants folded, BatchNormalization folded).</summary>
    public static readonly CompressionProfile Fp32 = new("fp32");

    /// <summary>Weights and arithmetic in float16, inputs and outputs kept.</summary>
    public static readonly CompressionProfile Fp16 = new("fp16");

    /// <summary>int8 weights, activations quantized at run time; needs no calibration data.</summary>
    public static readonly CompressionProfile Int8Dynamic = new("int8-dynamic");

    /// <summary>Static QDQ, uint8 activations, int8 weights of full range: for processors with int8 dot products (VNNI).</summary>
    public static readonly CompressionProfile Int8 = new("int8");

    /// <summary>Static QDQ, uint8 activations, int8 weights in [-64, 64]: exact on x64 without VNNI, where full range saturates.</summary>
    public static readonly CompressionProfile Int8Reduced = new("int8-reduced");

    /// <summary>Static QDQ, int8 activations and weights: for arm64 with dot products.</summary>
    public static readonly CompressionProfile Int8Signed = new("int8-signed");

    /// <summary>Weights stored in 8 bits and unpacked at load: a quarter of the bytes on disk and on the way, memory and arithmetic of fp32.</summary>
    public static readonly CompressionProfile Weights8 = new("weights8");

    /// <summary>As <see cref="Weights8"/> in 4 bits: a sixth of the bytes, at some loss.</summary>
    public static readonly CompressionProfile Weights4 = new("weights4");

    public static IReadOnlyList<CompressionProfile> All { get; } = [Fp32, Fp16, Int8Dynamic, Int8, Int8Reduced, Int8Signed, Weights8, Weights4];

    /// <summary>The precision that a device must allow: <c>fp32</c>, <c>fp16</c> or <c>int8</c>; that of the arithmetic, not of stored weights.</summary>
    public string Precision => IsWeightOnly ? Fp32.Value : Value.StartsWith("int8", StringComparison.Ordinal) ? "int8" : Value;

    /// <summary>True where only files are smaller: loaded weights are float32.</summary>
    public bool IsWeightOnly => this == Weights8 || this == Weights4;

    /// <summary>True where the producer needs calibration data.</summary>
    public bool NeedsCalibration => this == Int8 || this == Int8Reduced || this == Int8Signed;

    public static CompressionProfile Parse(string? value) =>
        All.Contains(new CompressionProfile(value ?? ""))
            ? new(value!)
            : throw new FormatException($"'{value}' is not a compression profile: one of {string.Join(", ", All.Select(p => p.Value))}.");

    public override string ToString() => Value;
}

public sealed class CompressionProfileConverter : WireIdConverter<CompressionProfile>;
