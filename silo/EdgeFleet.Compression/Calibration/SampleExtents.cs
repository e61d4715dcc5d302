namespace EdgeFleet.Compression.Calibration;

/// <summary>Where each sample of a set begins and what its dimensions are. Twelve bytes per sample where they differ, none where they do not.</summary>
internal sealed class SampleExtents
{
    private readonly List<long[]> _shapes = [];
    private readonly List<int> _shapeOf = [];
    private readonly List<long> _starts = [0];
    private readonly int _uniformCount;

    private SampleExtents(int uniformCount) => _uniformCount = uniformCount;

    public int Count => _shapeOf.Count > 0 ? _shapeOf.Count : _uniformCount;

    /// <summary>The different dimensions that occur, first one first.</summary>
    public IReadOnlyList<long[]> Shapes => _shapes;

    public bool IsUniform => _shapes.Count <= 1;

    public IReadOnlyList<long> DimensionsOf(int sample) => _shapeOf.Count > 0 ? _shapes[_shapeOf[sample]] : _shapes[0];

    /// <summary>Elements before the sample; also of the one after the last.</summary>
    public long StartOf(int sample) => _shapeOf.Count > 0 ? _starts[sample] : sample * Elements(_shapes[0]);

    /// <summary>The sample with the most elements.</summary>
    public int Largest()
    {
        var largest = _shapes.IndexOf(_shapes.MaxBy(Elements)!);
        return _shapeOf.Count > 0 ? _shapeOf.IndexOf(largest) : 0;
    }

    public static SampleExtents Uniform(IReadOnlyList<long> dimensions, int count)
    {
        var extents = new SampleExtents(count);
        extents._shapes.Add([.. dimensions]);
        return extents;
    }

    public static SampleExtents Of(IEnumerable<IReadOnlyList<long>> samples)
    {
        var extents = new SampleExtents(0);
        var known = new Dictionary<string, int>();
        foreach (var dimensions in samples)
        {
            var key = string.Join(',', dimensions);
            if (!known.TryGetValue(key, out var shape))
            {
                known[key] = shape = extents._shapes.Count;
                extents._shapes.Add([.. dimensions]);
            }

            extents._shapeOf.Add(shape);
            extents._starts.Add(extents._starts[^1] + Elements(extents._shapes[shape]));
        }

        return extents;
    }

    public static long Elements(IReadOnlyList<long> dimensions) => dimensions.Aggregate(1L, (product, dimension) => checked(product * dimension));
}
