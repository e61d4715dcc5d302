using System.Globalization;
using System.IO.Compression;
using System.Text;
using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Calibration.Images;
using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Tests.Compression.Calibration.Images;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Files of samples and labels: IDX, .npy, gzip, .npz, ONNX tensors and images.</summary>
internal sealed class SampleTarget : FuzzTarget
{
    private static readonly byte[][] s_seeds = [.. Seeds()];
    private static readonly ModelTensorInfo[] s_inputs = [new("a", OnnxElementType.Float, [-1, 2]), new("b", OnnxElementType.UInt8, [-1, 3])];
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly float[] _values = new float[1 << 16];

    public override string Name => "samples";

    public override double Share => 10;

    public override ReadOnlyMemory<byte> Input(ref FuzzRandom random)
    {
        var seed = s_seeds[random.Below(s_seeds.Length)];
        var length = seed.Length;
        if (random.OneIn(3) && seed[0] == 0x93)
        {
            length = Renumber(seed, ref random);
        }
        else
        {
            seed.CopyTo(_buffer, 0);
            if (seed is [0, 0, ..] && random.OneIn(3))
            {
                var dimension = 4 * (1 + random.Below(seed[3]));
                BitConverter.TryWriteBytes(_buffer.AsSpan(dimension), System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)Interesting.Number(ref random)));
            }
        }

        return RawMutator.Mutate(_buffer.AsMemory(0, length), ref random, random.Below(4));
    }

    public override bool Take(ReadOnlyMemory<byte> input)
    {
        // The same choice by content as at the product's door, CalibrationInput, which opens files.
        return input.Span is [(byte)'P', (byte)'K', 3 or 5, ..] ? IsTaken(() => NpzFormat.Read(SampleStore.Of(input), "samples", new CalibrationInputOptions(), s_inputs).ToList().ForEach(ReadThrough))
            : ImageDecoder.IsImage(input.Span) ? IsTaken(() => ImageDecoder.Decode(input, "image").ToGray())
            : input.Span is [8 or 0x10, ..] ? IsTaken(() => TestDataFolder.Tensor(input, "tensor"))
            : IsTaken(() => ReadThrough(SampleFile.ReadSamples(input, "samples", new SampleScaling()))) | IsTaken(() => SampleFile.ReadLabels(input, "labels"));
    }

    private static bool IsTaken(Action take)
    {
        try
        {
            take();
            return true;
        }
        catch (CompressionInputException)
        {
            return false;
        }
    }

    private void ReadThrough(SampleSet samples)
    {
        using (samples)
        {
            if (samples.IsUniform && samples.SampleElements <= _values.Length / 2)
            {
                samples.CopyTo(0, Math.Min(samples.Count, 2), _values);
                samples.CopyTo(samples.Count - 1, 1, _values);
            }
        }
    }

    /// <summary>Gives one number of a .npy header another value; the header keeps its length.</summary>
    private int Renumber(byte[] seed, ref FuzzRandom random)
    {
        var text = Encoding.Latin1.GetString(seed);
        var open = text.IndexOf('(', StringComparison.Ordinal);
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var close = text.IndexOf(')', StringComparison.Ordinal);
        var numbers = text[(open + 1)..close].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToList();
        for (var i = random.Below(3); i >= 0; i--)
        {
            var value = Interesting.Number(ref random).ToString(CultureInfo.InvariantCulture);
            if (numbers.Count == 0 || random.OneIn(3))
            {
                numbers.Add(value);
            }
            else
            {
                numbers[random.Below(numbers.Count)] = value;
            }
        }

        var header = $"{text[..(open + 1)]}{string.Join(", ", numbers)}{text[close..end].TrimEnd()}".PadRight(end);
        header = header.Length > end ? header[..end] : header;
        return Encoding.Latin1.GetBytes(header + text[end..], _buffer);
    }

    private static IEnumerable<byte[]> Seeds()
    {
        yield return [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8];
        yield return [0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3, 4];
        yield return [0, 0, 0x0B, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4];
        yield return [0, 0, 0x0D, 2, 0, 0, 0, 1, 0, 0, 0, 1, 63, 128, 0, 0];
        yield return [0, 0, 0x0E, 1, 0, 0, 0, 1, 63, 240, 0, 0, 0, 0, 0, 0];
        foreach (var (type, width) in new[] { ("|u1", 1), ("|i1", 1), ("<i2", 2), ("<i4", 4), ("<i8", 8), ("<f4", 4), ("<f8", 8) })
        {
            yield return Npy(type, "2, 3", 6 * width, 1);
        }

        yield return Npy("<f4", "", 4, 2);
        yield return Npy("<i8", "5,", 40, 3);
        yield return Zipped(Npy("<f4", "2, 2", 16, 1));
        yield return Zipped([0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3, 4]);
        yield return Archive(("a.npy", Npy("<f4", "2, 2", 16, 1)), ("b.npy", Npy("|u1", "2, 3", 6, 1)));
        yield return OnnxTensorFile();
        foreach (var (type, depth, interlaced) in new[] { (0, 1, false), (0, 16, true), (2, 8, false), (3, 4, true), (4, 8, false), (6, 16, false) })
        {
            var channels = type switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
            yield return PngWriter.Write(5, 4, type, depth, interlaced, (x, y) => [.. Enumerable.Range(0, channels).Select(c => (x + y + c) % 2)], type == 3 ? new byte[48] : null);
        }

        foreach (var bits in new[] { 1, 4, 8, 16, 24, 32 })
        {
            yield return Bmp(bits);
        }

        foreach (var file in JpegFiles.Readable)
        {
            yield return file;
        }

        yield return [.. "P5 3 2 255\n"u8, 1, 2, 3, 4, 5, 6];
        yield return [.. "P6\n# colour\n1 2 65535\n"u8, .. new byte[12]];
        yield return [.. "P2 2 2 15\n1 2 3 4\n"u8];
        yield return [.. "P3 1 1 255 1 2 3"u8];
    }

    private static byte[] Npy(string type, string shape, int bytes, byte version)
    {
        var start = version == 1 ? 10 : 12;
        var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({shape}), }}".PadRight(128 - start - 1) + "\n";
        byte[] length = version == 1 ? [(byte)header.Length, 0] : [(byte)header.Length, 0, 0, 0];
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. Encoding.Latin1.GetBytes(header), .. Enumerable.Range(0, bytes).Select(i => (byte)i)];
    }

    private static byte[] Bmp(int bits)
    {
        var palette = bits <= 8 ? 4 << bits : 0;
        var file = new byte[54 + palette + 64];
        "BM"u8.CopyTo(file);
        BitConverter.TryWriteBytes(file.AsSpan(10), 54 + palette);
        BitConverter.TryWriteBytes(file.AsSpan(14), 40);
        BitConverter.TryWriteBytes(file.AsSpan(18), 4);
        BitConverter.TryWriteBytes(file.AsSpan(22), 4);
        BitConverter.TryWriteBytes(file.AsSpan(26), (short)1);
        BitConverter.TryWriteBytes(file.AsSpan(28), (short)bits);
        BitConverter.TryWriteBytes(file.AsSpan(46), palette / 4);
        return file;
    }

    private static byte[] OnnxTensorFile() => ProtoWriter.ToArray(TestModels.Random("input", 2, 3));

    private static byte[] Archive(params (string Name, byte[] Content)[] files)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                var entry = zip.CreateEntry(name, CompressionLevel.Fastest);
                entry.LastWriteTime = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using var target = entry.Open();
                target.Write(content);
            }
        }

        return stream.ToArray();
    }

    private static byte[] Zipped(byte[] content)
    {
        using var stream = new MemoryStream();
        using (var zip = new GZipStream(stream, CompressionLevel.Fastest))
        {
            zip.Write(content);
        }

        return stream.ToArray();
    }
}
