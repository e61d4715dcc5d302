using System.Buffers.Binary;

namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>
/// Whether two files say the same model by protobuf's rules: the last of a single field counts, the order counts within one field
/// number only, packed and unpacked lists are one, and what onnx.proto's known part does not have must be there byte for byte.
/// </summary>
internal static class SameModel
{
    /// <returns>Null where they are the same, else where they differ.</returns>
    public static string? Difference(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => Message(OnnxSchema.Model, a, 0, a.Length, b, 0, b.Length);

    private static string? Message(int type, ReadOnlySpan<byte> a, int aStart, int aEnd, ReadOnlySpan<byte> b, int bStart, int bEnd)
    {
        if (a[aStart..aEnd].SequenceEqual(b[bStart..bEnd]))
        {
            return null;
        }

        var left = ByNumber(a, aStart, aEnd);
        var right = ByNumber(b, bStart, bEnd);
        foreach (var number in left.Keys.Union(right.Keys))
        {
            var (ours, theirs) = (left.GetValueOrDefault(number, []), right.GetValueOrDefault(number, []));
            if (Field(type, number, a, ours, b, theirs) is { } difference)
            {
                return $"{type}.{number}: {difference}";
            }
        }

        return null;
    }

    private static string? Field(int type, int number, ReadOnlySpan<byte> a, List<WireField> ours, ReadOnlySpan<byte> b, List<WireField> theirs)
    {
        var rule = OnnxSchema.Rule(type, number);
        if (rule.Kind is FieldKind.Integers or FieldKind.Fours or FieldKind.Eights)
        {
            return Flat(rule.Kind, a, ours).AsSpan().SequenceEqual(Flat(rule.Kind, b, theirs)) ? null : "the numbers differ";
        }

        if (rule.Kind == FieldKind.Int32 && ours.Count > 0 && type == OnnxSchema.Tensor && number == 2 && (int)ours[^1].Value == 0)
        {
            return theirs.Count == 0 ? null : "an undefined element type became defined";
        }

        if (rule.Kind != FieldKind.Unknown && !rule.Repeated)
        {
            ours = ours.Count > 1 ? ours[^1..] : ours;
        }

        if (type == OnnxSchema.Node && number == 4 && ours.Count == 0)
        {
            // A node without an operator type is read as one with an empty type; the verifier refuses both.
            return theirs is [{ Start: var start, End: var end }] && start == end ? null : "an operator type appeared";
        }

        if (ours.Count != theirs.Count)
        {
            return $"{ours.Count} became {theirs.Count}";
        }

        for (var i = 0; i < ours.Count; i++)
        {
            var (x, y) = (ours[i], theirs[i]);
            var difference = rule.Kind switch
            {
                FieldKind.Message => Message(rule.Type, a, x.Start, x.End, b, y.Start, y.End),
                FieldKind.Varint => x.Value == y.Value ? null : $"{x.Value} became {y.Value}",
                FieldKind.Int32 => (int)x.Value == (int)y.Value ? null : $"{x.Value} became {y.Value}",
                FieldKind.Unknown => a[x.Tag..x.End].SequenceEqual(b[y.Tag..y.End]) ? null : "an unknown field changed",
                _ => a[x.Start..x.End].SequenceEqual(b[y.Start..y.End]) ? null : "the bytes differ",
            };
            if (difference is not null)
            {
                return difference;
            }
        }

        return null;
    }

    /// <summary>A repeated number's values one after the other, each in eight bytes or as it lies there.</summary>
    private static byte[] Flat(FieldKind kind, ReadOnlySpan<byte> file, List<WireField> fields)
    {
        var flat = new List<byte>();
        Span<byte> wide = stackalloc byte[8];
        foreach (var field in fields)
        {
            if (kind != FieldKind.Integers)
            {
                flat.AddRange(file[field.Start..field.End]);
                continue;
            }

            // The reader keeps a list of numbers as it is and checks it when it is used: its last number may be cut off.
            var whole = field.End;
            while (whole > field.Start && file[whole - 1] >= 0x80)
            {
                whole--;
            }

            flat.AddRange(file[whole..field.End]);
            for (var position = field.Start; position < whole;)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(wide, WireField.Varint(file, ref position));
                flat.AddRange(wide);
            }
        }

        return [.. flat];
    }

    private static Dictionary<int, List<WireField>> ByNumber(ReadOnlySpan<byte> file, int start, int end)
    {
        var groups = new Dictionary<int, List<WireField>>();
        foreach (var field in WireField.All(file, start, end))
        {
            if (!groups.TryGetValue(field.Number, out var group))
            {
                groups[field.Number] = group = [];
            }

            group.Add(field);
        }

        return groups;
    }
}
