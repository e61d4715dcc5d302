namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>Rounds every weight to the nearest level of its block, the block's scale and zero fitted by least squares.</summary>
internal static class NearestRounding
{
    /// <param name="weights">[rows, columns], finite.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs of one output.</param>
    /// <param name="grid">Levels and blocks.</param>
    public static BlockWeights Round(ReadOnlyMemory<float> weights, int rows, int columns, BlockGrid grid)
    {
        var rounded = BlockWeights.Empty(grid, rows, columns);
        Parallel.For(0, rows, row =>
        {
            var values = weights.Span.Slice(row * columns, columns);
            for (var block = 0; block < rounded.Blocks; block++)
            {
                var first = block * grid.BlockSize;
                var part = values.Slice(first, Math.Min(grid.BlockSize, columns - first));
                var (scale, zero) = BlockFit.Of(part, grid);
                Store(rounded, row, block, part, scale, zero);
            }
        });
        return rounded;
    }

    internal static void Store(BlockWeights rounded, int row, int block, ReadOnlySpan<float> part, float scale, byte zero)
    {
        rounded.Scales[(row * rounded.Blocks) + block] = scale;
        rounded.Zeros[(row * rounded.Blocks) + block] = zero;
        var levels = rounded.Levels.AsSpan((row * rounded.Columns) + (block * rounded.Grid.BlockSize), part.Length);
        for (var i = 0; i < part.Length; i++)
        {
            levels[i] = rounded.Grid.Level(part[i], scale, zero);
        }
    }
}
