using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Calibration;

/// <summary>NumPy's .npy, versions 1 to 3: a header that names type, order and shape, then the elements.</summary>
internal static partial class NpyFormat
{
    public static ArrayHeader ReadHeader(ReadOnlySpan<byte> span, string name)
    {
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
            "|b1" => OnnxElementType.Bool,
            "|u1" or "<u1" => OnnxElementType.UInt8,
            "|i1" or "<i1" => OnnxElementType.Int8,
            "<u2" => OnnxElementType.UInt16,
            "<u4" => OnnxElementType.UInt32,
            "<u8" => OnnxElementType.UInt64,
            "<f2" => OnnxElementType.Float16,
            "<i2" => OnnxElementType.Int16,
            "<i4" => OnnxElementType.Int32,
            "<i8" => OnnxElementType.Int64,
            "<f4" => OnnxElementType.Float,
            "<f8" => OnnxElementType.Double,
            var other => throw Error(name, $"its type '{other}' is none of b1, u1, u2, u4, u8, i1, i2, i4, i8, f2, f4, f8 in little-endian order"),
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

        return new ArrayHeader(type, dimensions, start + (int)length);
    }

    private static CalibrationDataException Error(string name, string what) => new($"{name} is not a usable .npy file: {what}.", name);

    [GeneratedRegex(@"^\{\s*'descr':\s*'(?<type>[^']{1,8})',\s*'fortran_order':\s*(?<order>True|False),\s*'shape':\s*\((?<shape>[0-9, ]*)\),?\s*\}\s*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Header();
}
