namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>Changes bytes without knowing what they mean: flips, overwrites, moves and cuts.</summary>
internal static class RawMutator
{
    /// <summary>Changes in place.</summary>
    /// <returns>The same memory, or its beginning where it was cut.</returns>
    public static Memory<byte> Mutate(Memory<byte> memory, ref FuzzRandom random, int times)
    {
        var bytes = memory.Span;
        for (; times > 0 && bytes.Length > 0; times--)
        {
            var at = random.Below(bytes.Length);
            switch (random.Below(7))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Below(8)); break;
                case 1: bytes[at] = (byte)random.Next(); break;
                case 2: bytes[at] = random.Of<byte>([0, 1, 0x7F, 0x80, 0xFF, (byte)'\'', (byte)',', (byte)'(', (byte)'9']); break;
                case 3: bytes[at] += (byte)(random.Below(5) - 2); break;
                case 4: bytes[at..Math.Min(bytes.Length, at + 1 + random.Below(8))].Fill(random.Of<byte>([0, 0xFF, 0x80])); break;
                case 5:
                    var from = random.Below(bytes.Length);
                    var length = Math.Min(random.Below(24), bytes.Length - Math.Max(at, from));
                    bytes.Slice(from, length).CopyTo(bytes[at..]);
                    break;
                default:
                    bytes = bytes[..at];
                    break;
            }
        }

        return memory[..bytes.Length];
    }
}
