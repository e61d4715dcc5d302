using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>NumPy's .npy, versions 1 to 3: a header that names type, order and shape, then the elements.</summary>
internal static partial class NpyFormat
{
    public static SampleArray Read(ReadOnlyMemory<byte> content, string name)
    {
        var span = content.Span;
        var wide = span.Length > 6 && span[6] >= 2;
        var start = wide ? 12 : 10;
        if (span.Length < start || span[6] is 0 or > 3)
        {
            throw Error(name, "its version is not 1 to 3");
        }

        var length = wide ? BinaryPrimitives.ReadUInt32LittleEndian(span[8..]) : BinaryPrimitives.ReadUInt16LittleEndian(span[8..]);
        if (length > span.Length - start || length > 1 << 16)
        {
            throw Error(name, $"its header claims {length} bytes");
        }

        var match = Header().Match(Encoding.Latin1.GetString(span.Slice(start, (int)length)));
        if (!match.Success)
        {
            throw Error(name, "its header is not a dictionary of descr, fortran_order and shape");
        }

        if (match.Groups["order"].Value != "False")
        {
            throw Error(name, "it is in Fortran order; save it in C order");
        }

        var type = match.Groups["type"].Value switch
        {
            "|u1" or "<u1" => OnnxElementType.UInt8,
            "|i1" or "<i1" => OnnxElementType.Int8,
            "<i2" => OnnxElementType.Int16,
            "<i4" => OnnxElementType.Int32,
            "<i8" => OnnxElementType.Int64,
            "<f4" => OnnxElementType.Float,
            "<f8" => OnnxElementType.Double,
            var other => throw Error(name, $"its type '{other}' is none of u1, i1, i2, i4, i8, f4, f8 in little-endian order"),
        };
        var shape = match.Groups["shape"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var dimensions = new long[shape.Length];
        for (var i = 0; i < shape.Length; i++)
        {
            if (!long.TryParse(shape[i], NumberStyles.None, CultureInfo.InvariantCulture, out dimensions[i]) || dimensions[i] > int.MaxValue)
            {
                throw Error(name, $"its shape has the dimension '{shape[i]}'");
            }
        }

        return new SampleArray(type, dimensions, content[(start + (int)length)..]).Checked(name);
    }

    private static CalibrationDataException Error(string name, string what) => new($"{name} is not a usable .npy file: {what}.", name);

    [GeneratedRegex(@"^\{\s*'descr':\s*'(?<type>[^']{1,8})',\s*'fortran_order':\s*(?<order>True|False),\s*'shape':\s*\((?<shape>[0-9, ]*)\),?\s*\}\s*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Header();
}
