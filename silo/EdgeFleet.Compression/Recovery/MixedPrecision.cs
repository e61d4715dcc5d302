namespace EdgeFleet.Compression.Recovery;

/// <summary>
/// Chooses the layers that stay float. Noise of layers adds up nearly independently, so the layer that brings most noise for what it
/// costs to keep goes first. The same ranking gives the same choice.
/// </summary>
internal static class MixedPrecision
{
    /// <summary>Layers in the order in which they should become float: by noise over cost, then by noise, then as ranked.</summary>
    /// <param name="ranking">From <see cref="SensitivityRanking"/>.</param>
    /// <param name="cost">What keeping the layer float costs, at least 0: bytes, or milliseconds; null takes the bytes.</param>
    public static IReadOnlyList<string> Order(IReadOnlyList<LayerSensitivity> ranking, Func<LayerSensitivity, double>? cost = null) =>
        [.. Ordered(ranking, cost).Select(l => l.Layer)];

    /// <summary>The fewest layers, in that order, after which the noise of the others is at most <paramref name="mostNoiseToSignal"/>.</summary>
    /// <returns>Null where even with all layers float it would not be; none are needed where the list is empty.</returns>
    public static IReadOnlyList<string>? ForNoise(
        IReadOnlyList<LayerSensitivity> ranking, double mostNoiseToSignal, Func<LayerSensitivity, double>? cost = null)
    {
        var kept = new List<string>();
        var order = Ordered(ranking, cost);

        // From the smallest on, so that what remains is summed without the error of subtracting.
        var remaining = new double[order.Count + 1];
        for (var i = order.Count - 1; i >= 0; i--)
        {
            remaining[i] = remaining[i + 1] + order[i].NoiseToSignal;
        }

        while (remaining[kept.Count] > mostNoiseToSignal)
        {
            if (kept.Count == order.Count)
            {
                return null;
            }

            kept.Add(order[kept.Count].Layer);
        }

        return kept;
    }

    /// <summary>Layers whose cost together is at most <paramref name="mostCost"/>, those of most noise per cost first; what does not fit is stepped over.</summary>
    public static IReadOnlyList<string> WithinCost(
        IReadOnlyList<LayerSensitivity> ranking, double mostCost, Func<LayerSensitivity, double>? cost = null)
    {
        var kept = new List<string>();
        var spent = 0d;
        foreach (var layer in Ordered(ranking, cost).Where(l => l.NoiseToSignal > 0))
        {
            var price = Cost(cost, layer);
            if (spent + price <= mostCost)
            {
                spent += price;
                kept.Add(layer.Layer);
            }
        }

        return kept;
    }

    /// <summary>
    /// The shortest beginning of the order for which a measurement says that the goal is reached, found by halving: about log2 of
    /// the number of layers measurements.
    /// </summary>
    /// <param name="order">From <see cref="Order"/>.</param>
    /// <param name="reaches">Builds and measures a variant with these layers float. Asked for none and for all at first.</param>
    /// <returns>Null where not even all layers float reach it.</returns>
    public static IReadOnlyList<string>? Fewest(IReadOnlyList<string> order, Func<IReadOnlyList<string>, bool> reaches)
    {
        if (reaches([]))
        {
            return [];
        }

        if (order.Count == 0 || !reaches(order))
        {
            return null;
        }

        var (fails, holds) = (0, order.Count);
        while (holds - fails > 1)
        {
            var middle = (fails + holds) / 2;
            if (reaches([.. order.Take(middle)]))
            {
                holds = middle;
            }
            else
            {
                fails = middle;
            }
        }

        return [.. order.Take(holds)];
    }

    private static List<LayerSensitivity> Ordered(IReadOnlyList<LayerSensitivity> ranking, Func<LayerSensitivity, double>? cost) =>
        [.. ranking.OrderByDescending(l => l.NoiseToSignal / Math.Max(Cost(cost, l), double.Epsilon)).ThenByDescending(l => l.NoiseToSignal)];

    private static double Cost(Func<LayerSensitivity, double>? cost, LayerSensitivity layer) => cost?.Invoke(layer) ?? layer.ExtraBytes;
}
