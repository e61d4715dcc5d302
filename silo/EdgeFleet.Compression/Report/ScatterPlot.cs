namespace EdgeFleet.Compression.Report;

/// <summary>Two figures of all candidates against each other, with the original and the line of those that nothing beats in both.</summary>
/// <param name="Title">Says what the picture shows.</param>
/// <param name="X">Fewer is better.</param>
/// <param name="Y">Left axis.</param>
/// <param name="HigherIsBetter">Of the left axis.</param>
internal sealed record ScatterPlot(string Title, PlotAxis X, PlotAxis Y, bool HigherIsBetter)
{
    private const double Width = 400, Height = 300, Left = 72, Right = 390, Top = 14, Bottom = 254;

    public Html Draw(IReadOnlyList<PlotPoint> points, double originalX, double originalY)
    {
        var labels = new PlotLabels(Left, Width, Bottom);
        foreach (var point in points)
        {
            labels.Keep(AtX(point.X), AtY(point.Y));
        }

        var original = (X: AtX(originalX), Y: AtY(originalY));
        labels.Keep(original.X, original.Y);
        var winner = points.Where(p => p.Row.IsWinner).Select(p => Mark(p, labels)).ToList();
        var name = Label(labels, original.X, original.Y, "original", "reference", needed: true);
        var front = points.Where(p => !p.Row.IsWinner && p.Row.Candidate.OnFront).Select(p => Mark(p, labels)).ToList();
        var rest = points.Where(p => !p.Row.IsWinner && !p.Row.Candidate.OnFront).Select(p => Mark(p, labels)).ToList();
        return Html.Of($"""
            <figure><figcaption>{Title}</figcaption>
            <svg viewBox="0 0 {Width} {Height}" role="img" aria-label="{Title}">
            {X.Ticks().Select(t => Html.Of($"""<line class="gridline" x1="{AtX(t)}" x2="{AtX(t)}" y1="{Top}" y2="{Bottom}"/><text x="{AtX(t)}" y="{Bottom + 16}" text-anchor="middle">{X.Say(t)}</text>"""))}
            {Y.Ticks().Select(t => Html.Of($"""<line class="gridline" x1="{Left}" x2="{Right}" y1="{AtY(t)}" y2="{AtY(t)}"/><text x="{Left - 6}" y="{AtY(t) + 4}" text-anchor="end">{Y.Say(t)}</text>"""))}
            <line class="axis" x1="{Left}" x2="{Right}" y1="{Bottom}" y2="{Bottom}"/><line class="axis" x1="{Left}" x2="{Left}" y1="{Top}" y2="{Bottom}"/>
            <text x="{(Left + Right) / 2}" y="{Height - 8}" text-anchor="middle">{X.Title} (left is better)</text>
            <text transform="translate(11 {(Top + Bottom) / 2}) rotate(-90)" text-anchor="middle">{Y.Title} ({(HigherIsBetter ? "up" : "down")} is better)</text>
            <line class="level" x1="{Left}" x2="{Right}" y1="{original.Y}" y2="{original.Y}"/><line class="level" x1="{original.X}" x2="{original.X}" y1="{Top}" y2="{Bottom}"/>
            {Front(points)}
            {rest}{front}
            <path class="reference" d="M{original.X} {original.Y - 6}l6 6l-6 6l-6 -6z"><title>original: {X.Say(originalX)}, {Y.Say(originalY)}</title></path>{name}
            {winner}
            </svg></figure>
            """);
    }

    private Html Mark(PlotPoint point, PlotLabels labels)
    {
        var (row, x, y) = (point.Row, AtX(point.X), AtY(point.Y));
        var outside = HigherIsBetter && point.Y < Y.Min;
        var text = outside ? $"{row.Number} ({Y.Say(point.Y)})" : row.IsWinner ? $"{row.Number} {Short(row.Candidate.Name)}" : $"{row.Number}";
        var kind = row.IsWinner ? "best" : row.Candidate.OnFront ? "" : "open";
        var shape = outside ? Html.Of($"""<path class="dot {kind}" d="M{x - 5} {y - 8}h10l-5 8z">""")
            : row.IsWinner ? Html.Of($"""<path class="dot best" d="{Star(x, y)}">""")
            : Html.Of($"""<path class="dot {kind}" d="M{x - 4} {y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z">""");
        return Html.Of($"""<a href="#c{row.Number}">{shape}<title>{row.Tooltip}</title></path>{Label(labels, x, outside ? y - 5 : y, text, row.IsWinner ? "best" : "", row.IsWinner || outside)}</a>""");
    }

    private static Html Label(PlotLabels labels, double x, double y, string text, string kind, bool needed)
    {
        if (labels.Beside(x, y, text, needed) is not var (left, baseLine))
        {
            return Html.Empty;
        }

        var leader = Math.Abs(baseLine - y) < 20 ? Html.Empty : Html.Of($"""<line class="leader" x1="{x}" y1="{y}" x2="{Math.Clamp(x, left + 4, left + (text.Length * 6))}" y2="{(baseLine > y ? baseLine - 10 : baseLine + 3)}"/>""");
        return Html.Of($"""{leader}<text class="{kind}" x="{left}" y="{baseLine}">{text}</text>""");
    }

    /// <summary>Steps through the candidates that no other beats in both figures.</summary>
    private Html Front(IReadOnlyList<PlotPoint> points)
    {
        var path = "";
        var best = double.NaN;
        foreach (var point in points.OrderBy(p => p.X).ThenBy(p => HigherIsBetter ? -p.Y : p.Y))
        {
            if (double.IsNaN(best) || (HigherIsBetter ? point.Y > best : point.Y < best))
            {
                path = Html.Of($"{path}{(path.Length == 0 ? "M" : "H")}{AtX(point.X)}{(path.Length == 0 ? " " : "V")}{AtY(point.Y)}").Markup;
                best = point.Y;
            }
        }

        return path.Contains('H', StringComparison.Ordinal) ? Html.Of($"""<path class="front" d="{path}"/>""") : Html.Empty;
    }

    private static string Short(string name) => name.Length <= 24 ? name : name[..23] + "…";

    private static string Star(double x, double y) => "M" + string.Join("L", Enumerable.Range(0, 10).Select(i =>
    {
        var (angle, radius) = (i * Math.PI / 5, i % 2 == 0 ? 9 : 4);
        return Html.Of($"{x + (radius * Math.Sin(angle))} {y - (radius * Math.Cos(angle))}").Markup;
    })) + "z";

    private double AtX(double value) => Left + ((Right - Left) * X.Place(value));

    private double AtY(double value) => Bottom - ((Bottom - Top) * Y.Place(value));
}
