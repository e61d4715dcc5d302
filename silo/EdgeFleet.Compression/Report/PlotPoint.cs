namespace EdgeFleet.Compression.Report;

/// <summary>A candidate in a picture.</summary>
/// <param name="Row">Which.</param>
/// <param name="X">Value along the bottom.</param>
/// <param name="Y">Value along the left.</param>
internal readonly record struct PlotPoint(ReportRow Row, double X, double Y);

/// <summary>Places texts so that none covers another.</summary>
/// <param name="left">No text begins before this,</param>
/// <param name="right">nor ends after this,</param>
/// <param name="bottom">nor lies below this.</param>
internal sealed class PlotLabels(double left, double right, double bottom)
{
    private const double CharWidth = 6.3, Height = 12;
    private readonly List<(double Left, double Top, double Right, double Bottom)> _taken = [];

    /// <summary>Nothing may be written over this point.</summary>
    public void Keep(double x, double y) => _taken.Add((x - 5, y - 5, x + 5, y + 5));

    /// <summary>A place beside a point.</summary>
    /// <returns>The text's left end on its base line; null where there is no room and the text need not be there.</returns>
    public (double X, double Y)? Beside(double x, double y, string text, bool needed)
    {
        var length = text.Length * CharWidth;
        (double X, double Y)[] places = [(x + 8, y + 4), (x - 8 - length, y + 4), (x - (length / 2), y - 9), (x - (length / 2), y + 18), (x + 7, y - 6), (x + 7, y + 14), (x - 7 - length, y - 6), (x - 7 - length, y + 14)];
        foreach (var place in needed ? places.Concat(Farther(x, y, length)) : places)
        {
            var box = (Left: place.X, Top: place.Y - Height + 2, Right: place.X + length, Bottom: place.Y + 2);
            if (box.Left >= left && box.Right <= right && box.Top >= 0 && box.Bottom <= bottom && !_taken.Exists(t => t.Left < box.Right && box.Left < t.Right && t.Top < box.Bottom && box.Top < t.Bottom))
            {
                _taken.Add(box);
                return place;
            }
        }

        return needed ? places[x + 8 + length <= right ? 0 : 1] : null;
    }

    private static IEnumerable<(double X, double Y)> Farther(double x, double y, double length)
    {
        foreach (var distance in new[] { 24, 38, 52, 66, 80 })
        {
            foreach (var side in new[] { 8, -length / 2, -8 - length })
            {
                yield return (x + side, y - distance);
                yield return (x + side, y + distance);
            }
        }
    }
}
