using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Recovery;

namespace EdgeFleet.Compression.Report;

/// <summary>How far each layer's result is from the original's.</summary>
internal static class LayerSection
{
    /// <summary>Layers drawn; of more, the worst are.</summary>
    public const int MostLayers = 64;

    private const double Row = 19, NameEnd = 196, BarStart = 204, BarEnd = 388;

    public static Html Of(CompressionStudy study, IReadOnlyList<ReportRow> rows)
    {
        if (study.Layers.Count == 0 || VerdictSection.Chosen(study, rows) is not { } chosen)
        {
            return Html.Empty;
        }

        var worst = study.Layers.MinBy(l => l.SqnrDb)!;
        var drawn = study.Layers.Count <= MostLayers ? study.Layers : Worst(study.Layers);
        var recipe = chosen.Candidate.Recipe;
        var kept = recipe.WideActivations.Distinct().ToDictionary(l => l, _ => "in 16 bits");
        foreach (var layer in recipe.KeepFloat)
        {
            kept[layer] = "float";
        }

        var most = Math.Clamp(drawn.SelectMany(l => new[] { l.SqnrDb, l.AloneSqnrDb ?? 0 }).Where(db => db < 199).DefaultIfEmpty(40).Max(), 20, 100);
        var half = drawn.Count <= 5 ? drawn.Count : (drawn.Count + 1) / 2;
        var rest = study.Layers.Count > drawn.Count ? $" {study.Layers.Count - drawn.Count} more layers are not drawn; none of them is worse than {Figures.Decibels(study.Layers.Except(drawn).Min(l => l.SqnrDb))}." : "";
        return Html.Of($"""
            <section><h2>Error of each layer</h2>
            <p class="note">Signal over noise of <b>{chosen.Candidate.Name}</b> against the original, in graph order: longer is better; 20 dB is an error of a tenth of the signal, 40 dB of a hundredth.
            Worst: <b>{worst.Value}</b> ({worst.Operator}) with {Figures.Decibels(worst.SqnrDb)}, largest difference {Figures.Value(worst.MaxAbsError)}.{(drawn.Any(l => l.AloneSqnrDb is not null) ? " The tick is the layer by itself, without the errors of those before it." : "")}{rest}</p>
            <div class="grid columns sheet">{drawn.Chunk(Math.Max(1, half)).Select(c => Column(c, worst, most, kept))}</div></section>
            """);
    }

    private static IReadOnlyList<LayerError> Worst(IReadOnlyList<LayerError> layers)
    {
        var kept = layers.OrderBy(l => l.SqnrDb).Take(MostLayers).ToHashSet();
        return [.. layers.Where(kept.Contains)];
    }

    private static Html Column(LayerError[] layers, LayerError worst, double most, Dictionary<string, string> kept) => Html.Of($"""
        <svg viewBox="0 0 460 {(layers.Length * Row) + 4}" role="img" aria-label="Signal over noise of {layers.Length} layers">
        {layers.Select((l, i) => Bar(l, i * Row, ReferenceEquals(l, worst), most, kept.GetValueOrDefault(l.Layer)))}
        </svg>
        """);

    private static Html Bar(LayerError layer, double top, bool isWorst, double most, string? kept)
    {
        double At(double db) => BarStart + ((BarEnd - BarStart) * Math.Clamp(db / most, 0, 1));
        var end = Math.Max(At(layer.SqnrDb), BarStart + 1);
        var alone = layer.AloneSqnrDb is { } db ? Html.Of($"""<line class="alone" x1="{At(db)}" x2="{At(db)}" y1="{top + 2}" y2="{top + 16}"/>""") : Html.Empty;
        var mark = isWorst ? "worst" : "";
        var tip = $"{layer.Value} ({layer.Operator}): {Figures.Decibels(layer.SqnrDb)}{(layer.AloneSqnrDb is { } a ? $", alone {Figures.Decibels(a)}" : "")}, cosine {layer.Cosine:0.00000}, largest difference {Figures.Value(layer.MaxAbsError)}{(kept is null ? "" : $", kept {kept}")}";
        return Html.Of($"""
            <g><title>{tip}</title><rect x="0" y="{top}" width="460" height="{Row}" fill="transparent"/>
            <text class="name {mark}" x="{NameEnd}" y="{top + 13}" text-anchor="end">{Shorten(layer.Value)}</text>
            <rect class="bar {mark}" x="{BarStart}" y="{top + 4}" width="{end - BarStart}" height="10" rx="1"/>{alone}
            <text class="{mark}" x="{BarEnd + 8}" y="{top + 13}">{Figures.Decibels(layer.SqnrDb)}{(kept is null ? "" : $" {kept}")}</text></g>
            """);
    }

    /// <summary>Names end in what tells them apart, but for what exporters put after every one.</summary>
    private static string Shorten(string name)
    {
        const string Usual = "_output_0";
        var text = name.EndsWith(Usual, StringComparison.Ordinal) && name.Length > Usual.Length ? name[..^Usual.Length] : name;
        return text.Length <= 31 ? text : "…" + text[^30..];
    }
}
