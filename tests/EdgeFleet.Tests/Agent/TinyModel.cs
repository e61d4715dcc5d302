using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Agent;

/// <summary>A real ONNX model of four inputs and four classes that names the brightest pixel, with its golden set, and images for it.</summary>
internal static class TinyModel
{
    private const int Size = 4;

    /// <param name="tag">Makes the bytes differ.</param>
    /// <param name="paddedTo">About how many bytes it has.</param>
    /// <param name="shift">Class named in place of the right one: right + shift.</param>
    public static (byte[] Variant, byte[] Golden) Make(string tag, int paddedTo = 2000, int shift = 0)
    {
        var weights = new float[Size * Size];
        for (var i = 0; i < Size; i++)
        {
            weights[(i * Size) + ((i + shift) % Size)] = 1;
        }

        var variant = new TinyOnnx { Description = tag + new string('.', paddedTo) }
            .Input("input", TinyOnnx.Float, "batch", (long)Size)
            .FloatInitializer("weights", weights, Size, Size)
            .Node("MatMul", ["input", "weights"], ["logits"])
            .Output("logits", TinyOnnx.Float, "batch", (long)Size)
            .ToBytes();
        float[] input = [0.1f, 0.9f, 0.2f, 0.3f];
        var output = new float[Size];
        for (var i = 0; i < Size; i++)
        {
            output[(i + shift) % Size] = input[i];
        }

        var golden = new GoldenSet(
            Sha256Digest.Of(variant),
            [new GoldenCase([Tensor("input", input)], [Tensor("logits", output)])],
            new Dictionary<string, double>(StringComparer.Ordinal) { ["logits"] = 1e-4 });
        return (variant, JsonSerializer.SerializeToUtf8Bytes(golden, WireJson.Default.GoldenSet));
    }

    public static DesiredState Desire(SiloSide silo, long generation, int shift = 0, int paddedTo = 2000, TimeSpan? soak = null)
    {
        var (variant, golden) = Make(generation.ToString(CultureInfo.InvariantCulture), paddedTo, shift);
        return Some.Desired(generation) with
        {
            Model = ModelId.Of("tiny", generation.ToString(CultureInfo.InvariantCulture)),
            ChunkBytes = 4096,
            Variant = silo.Store(variant),
            Golden = silo.Store(golden),
            Proof = new ProofPolicy(0.9, 16, soak ?? TimeSpan.FromMilliseconds(100)),
        };
    }

    /// <summary>Writes 64 labelled images of 2 x 2 pixels, IDX.</summary>
    public static void WriteImages(string folder)
    {
        const int count = 64;
        Directory.CreateDirectory(folder);
        var images = new byte[16 + (count * Size)];
        var labels = new byte[8 + count];
        Header(images, 3, count, 2, 2);
        Header(labels, 1, count);
        for (var i = 0; i < count; i++)
        {
            images[16 + (i * Size) + (i % Size)] = 200;
            labels[8 + i] = (byte)(i % Size);
        }

        File.WriteAllBytes(Path.Combine(folder, "tiny-images-idx3-ubyte"), images);
        File.WriteAllBytes(Path.Combine(folder, "tiny-labels-idx1-ubyte"), labels);
    }

    private static GoldenTensor Tensor(string name, float[] values) => new(name, [1, values.Length], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    private static void Header(byte[] bytes, byte rank, params int[] dimensions)
    {
        bytes[2] = 8;
        bytes[3] = rank;
        for (var i = 0; i < dimensions.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + (i * 4)), dimensions[i]);
        }
    }
}
