using System.Globalization;
using System.IO.Compression;
using System.Text;
using EdgeFleet.Compression;
using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Files of samples and labels.</summary>
internal sealed class SampleTarget : FuzzTarget
{
    private static readonly byte[][] s_seeds = [.. Seeds()];
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
            if (seed[0] == 0 && random.OneIn(3))
            {
                var dimension = 4 * (1 + random.Below(seed[3]));
                BitConverter.TryWriteBytes(_buffer.AsSpan(dimension), System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)Interesting.Number(ref random)));
            }
        }

        return RawMutator.Mutate(_buffer.AsMemory(0, length), ref random, random.Below(4));
    }

    public override bool Take(ReadOnlyMemory<byte> input)
    {
        var accepted = false;
        try
        {
            var samples = SampleFile.ReadSamples(input, "samples", new SampleScaling());
            if (samples.SampleElements <= _values.Length / 2)
            {
                samples.CopyTo(0, Math.Min(samples.Count, 2), _values);
                samples.CopyTo(samples.Count - 1, 1, _values);
            }

            accepted = true;
        }
        catch (CompressionInputException)
        {
            accepted = false;
        }

        try
        {
            SampleFile.ReadLabels(input, "labels");
            return true;
        }
        catch (CompressionInputException)
        {
            return accepted;
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
    }

    private static byte[] Npy(string type, string shape, int bytes, byte version)
    {
        var start = version == 1 ? 10 : 12;
        var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({shape}), }}".PadRight(128 - start - 1) + "\n";
        byte[] length = version == 1 ? [(byte)header.Length, 0] : [(byte)header.Length, 0, 0, 0];
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. Encoding.Latin1.GetBytes(header), .. Enumerable.Range(0, bytes).Select(i => (byte)i)];
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
