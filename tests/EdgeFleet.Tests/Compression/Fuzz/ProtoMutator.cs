namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>
/// Writes a seed with a few of its fields changed: dropped, doubled, renumbered, given another wire type, number, text or length,
/// replaced by a field of another seed, or wrapped in subgraphs. Everything around a change stays well-formed, so that it is read.
/// </summary>
internal sealed class ProtoMutator(IReadOnlyList<ProtoTree> seeds)
{
    private readonly ReverseWriter _writer = new();
    private readonly byte[] _scratch = new byte[4096];
    private readonly Dictionary<(int Parent, int Number), ProtoField[]> _alike = Alike(seeds);
    private readonly Dictionary<ProtoField, ProtoTree> _home = seeds.SelectMany(s => s.Fields.Select(f => (f, s))).ToDictionary(p => p.f, p => p.s);
    private readonly List<(ProtoField Field, FieldEdit Edit, ulong Argument)> _edits = [];

    /// <summary>A mutated model; valid until the next call.</summary>
    public Memory<byte> Mutate(ref FuzzRandom random)
    {
        var tree = seeds[random.Below(seeds.Count)];
        _edits.Clear();
        do
        {
            var field = tree.Fields[random.Below(tree.Fields.Length)];
            _edits.Add((field, (FieldEdit)random.Below((int)FieldEdit.Count), random.Next()));
        }
        while (random.OneIn(3) && _edits.Count < 8);
        _writer.Clear();
        Fields(tree, tree.Roots);
        return RawMutator.Mutate(_writer.Written, ref random, random.OneIn(8) ? 1 + random.Below(4) : 0);
    }

    private void Fields(ProtoTree tree, IReadOnlyList<ProtoField> fields)
    {
        for (var i = fields.Count - 1; i >= 0; i--)
        {
            Field(tree, fields[i]);
        }
    }

    private void Field(ProtoTree tree, ProtoField field)
    {
        foreach (var (edited, edit, argument) in _edits)
        {
            if (ReferenceEquals(edited, field))
            {
                Edited(tree, field, edit, new FuzzRandom(argument));
                return;
            }
        }

        Plain(tree, field);
    }

    private void Plain(ProtoTree tree, ProtoField field)
    {
        if (!field.IsMessage)
        {
            Verbatim(tree, field);
            return;
        }

        var end = _writer.Start;
        Fields(tree, field.Children);
        _writer.Close(field.Wire.Number, end);
    }

    /// <summary>As in the seed, without edits further down: an edit may put a field into itself.</summary>
    private void Verbatim(ProtoTree tree, ProtoField field) => _writer.Bytes(tree.File.AsSpan(field.Wire.Tag, field.Wire.End - field.Wire.Tag));

    private void Edited(ProtoTree tree, ProtoField field, FieldEdit edit, FuzzRandom random)
    {
        var content = tree.File.AsSpan(field.Wire.Start, field.Wire.End - field.Wire.Start);
        var number = field.Wire.Number;
        var end = _writer.Start;
        switch (edit)
        {
            case FieldEdit.Drop:
                return;
            case FieldEdit.Double:
                Verbatim(tree, field);
                var once = end - _writer.Start;
                var copies = random.OneIn(64) && once < 24 ? random.Below(2000) : 1 + random.Below(3);
                for (var i = 0; i < copies && once < _writer.Room; i++)
                {
                    Verbatim(tree, field);
                }

                return;
            case FieldEdit.Renumber:
                if (field.Wire.Wire == 2)
                {
                    _writer.Text(OddNumber(ref random), content);
                    return;
                }

                _writer.Varint(field.Wire.Value);
                _writer.Tag(OddNumber(ref random), 0);
                return;
            case FieldEdit.Rewire:
                OtherWire(number, ref random);
                return;
            case FieldEdit.Splice:
                var alike = random.OneIn(8) ? tree.Fields : _alike[(field.Parent, number)];
                var other = alike[random.Below(alike.Length)];
                Verbatim(_home[other], other);
                return;
            case FieldEdit.LieAboutLength when field.Wire.Wire == 2:
                _writer.Bytes(content);
                _writer.Varint(random.OneIn(2) ? (ulong)Math.Max(0, content.Length + random.Below(9) - 4) : Interesting.Number(ref random));
                _writer.Tag(number, 2);
                return;
            case FieldEdit.Nest when field.Rule.Type == OnnxSchema.Graph:
                Fields(tree, field.Children);
                Nest(random.Of<int>([1, 1, 2, 3, 5, 10, 19, 20, 21, 22, 64, 2000]), end, ref random);
                _writer.Close(number, end);
                return;
            default:
                Content(tree, field, content, ref random);
                return;
        }
    }

    /// <summary>Puts graph content into an If within a graph, so many times.</summary>
    private void Nest(int levels, int end, ref FuzzRandom random)
    {
        var list = random.OneIn(4);
        for (var i = 0; i < levels && _writer.Room > 64; i++)
        {
            _writer.Close(list ? 11 : 6, end);
            _writer.Text(1, "then_branch"u8);
            _writer.Close(5, end);
            _writer.Text(4, "If"u8);
            _writer.Text(2, "y"u8);
            _writer.Close(1, end);
        }
    }

    private void OtherWire(int number, ref FuzzRandom random)
    {
        var wire = random.Below(8);
        switch (wire)
        {
            case 1: _writer.Fixed(random.Next(), 8); break;
            case 5: _writer.Fixed(random.Next(), 4); break;
            case 0: _writer.Varint(Interesting.Number(ref random)); break;
            default: _writer.Varint((ulong)random.Below(4)); break;
        }

        _writer.Tag(number, wire);
    }

    private void Content(ProtoTree tree, ProtoField field, ReadOnlySpan<byte> content, ref FuzzRandom random)
    {
        var number = field.Wire.Number;
        var end = _writer.Start;
        switch (field.Wire.Wire)
        {
            case 0:
                _writer.Varint(random.OneIn(3) ? field.Wire.Value + (ulong)(random.Below(5) - 2) : Interesting.Number(ref random));
                _writer.Tag(number, 0);
                return;
            case 1:
                _writer.Fixed(Interesting.Number(ref random), 8);
                _writer.Tag(number, 1);
                return;
            case 5:
                _writer.Fixed(Interesting.Single(ref random), 4);
                _writer.Tag(number, 5);
                return;
        }

        if (field.Rule.Kind == FieldKind.Text && !random.OneIn(4))
        {
            Name(tree, number, content, ref random);
            return;
        }

        if (field.Rule.Kind is FieldKind.Bytes or FieldKind.Fours && content.Length >= 4 && random.OneIn(2))
        {
            var at = random.Below(content.Length / 4) * 4;
            _writer.Bytes(content[(at + 4)..]);
            _writer.Fixed(Interesting.Single(ref random), 4);
            _writer.Bytes(content[..at]);
            _writer.Close(number, end);
            return;
        }

        var length = Math.Min(content.Length, _scratch.Length);
        content[..length].CopyTo(_scratch);
        _writer.Bytes(RawMutator.Mutate(_scratch.AsMemory(0, length), ref random, 1 + random.Below(3)).Span);
        _writer.Close(number, end);
    }

    /// <summary>Another name of the model, another operator, or an odd text.</summary>
    private void Name(ProtoTree tree, int number, ReadOnlySpan<byte> content, ref FuzzRandom random)
    {
        switch (random.Below(4))
        {
            case 0 or 1 when tree.Texts.Length > 0:
                var other = tree.Texts[random.Below(tree.Texts.Length)].Wire;
                _writer.Text(number, tree.File.AsSpan(other.Start, other.End - other.Start));
                return;
            case 2:
                _writer.Text(number, System.Text.Encoding.UTF8.GetBytes(random.Of<string>(Interesting.Operators)));
                return;
            default:
                var end = _writer.Start;
                _writer.Bytes(random.OneIn(2) ? content : []);
                _writer.Bytes(random.Of<byte[]>(Interesting.Texts));
                _writer.Close(number, end);
                return;
        }
    }

    private static int OddNumber(ref FuzzRandom random) => random.OneIn(6)
        ? random.Of<int>([0, 99, 1 << 20, (1 << 29) - 1, int.MaxValue])
        : 1 + random.Below(26);

    private static Dictionary<(int, int), ProtoField[]> Alike(IReadOnlyList<ProtoTree> seeds) =>
        seeds.SelectMany(s => s.Fields).GroupBy(f => (f.Parent, f.Wire.Number)).ToDictionary(g => g.Key, g => g.ToArray());
}

/// <summary>What a mutation does to one field.</summary>
internal enum FieldEdit
{
    Change,
    ChangeAgain,
    ChangeOnceMore,
    Drop,
    Double,
    Renumber,
    Rewire,
    Splice,
    SpliceAgain,
    LieAboutLength,
    Nest,
    NestAgain,
    Count,
}
