using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Compression.Recovery;

/// <summary>
/// Ranges of a model's values that several variants of it share, so that the samples are run once. It is for one prepared model,
/// one feed and one way of calibration; not for concurrent use.
/// </summary>
internal sealed class RangeCache
{
    private readonly Dictionary<string, ValueRange> _ranges = [];
    private readonly HashSet<string> _unseen = [];

    /// <summary>Values looked up that had to be collected.</summary>
    public int Collected => _ranges.Count;

    /// <param name="values">Wanted.</param>
    /// <param name="collect">Collects those that are not known yet.</param>
    /// <returns>A range of each value wanted that samples reach, and maybe of others.</returns>
    public IReadOnlyDictionary<string, ValueRange> Of(
        IReadOnlyList<string> values, Func<IReadOnlyList<string>, IReadOnlyDictionary<string, ValueRange>> collect)
    {
        var missing = values.Where(v => !_ranges.ContainsKey(v) && !_unseen.Contains(v)).ToList();
        if (missing.Count > 0)
        {
            foreach (var (value, range) in collect(missing))
            {
                _ranges[value] = range;
            }

            _unseen.UnionWith(missing.Where(v => !_ranges.ContainsKey(v)));
        }

        return _ranges;
    }
}
