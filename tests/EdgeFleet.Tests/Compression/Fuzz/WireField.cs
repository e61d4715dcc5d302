namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>One field of a protobuf message, as it lies in the file.</summary>
/// <param name="Number">Field number.</param>
/// <param name="Wire">0 number, 1 eight bytes, 2 with a length, 5 four bytes.</param>
/// <param name="Value">The number, for wire type 0.</param>
/// <param name="Tag">Where its tag begins.</param>
/// <param name="Start">Where its content begins, after any length.</param>
/// <param name="End">Where it ends.</param>
internal readonly record struct WireField(int Number, int Wire, ulong Value, int Tag, int Start, int End)
{
    /// <summary>The fields of a message that the engine's reader accepted.</summary>
    public static List<WireField> All(ReadOnlySpan<byte> file, int start, int end)
    {
        var fields = new List<WireField>();
        for (var position = start; position < end;)
        {
            var begin = position;
            var tag = Varint(file, ref position);
            var value = 0UL;
            var content = position;
            switch ((int)(tag & 7))
            {
                case 0: value = Varint(file, ref position); break;
                case 1: position += 8; break;
                case 5: position += 4; break;
                default:
                    var length = (int)Varint(file, ref position);
                    content = position;
                    position += length;
                    break;
            }

            fields.Add(new((int)(tag >> 3), (int)(tag & 7), value, begin, content, position));
        }

        return fields;
    }

    public static ulong Varint(ReadOnlySpan<byte> file, ref int position)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = file[position++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}
