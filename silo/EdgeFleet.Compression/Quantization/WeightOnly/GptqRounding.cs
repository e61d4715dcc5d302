using System.Numerics.Tensors;
using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>
/// GPTQ (Frantar et al., 2022): rounds column after column and lets the later ones make up for the error, so that the layer's outputs
/// on the calibration samples change least. With U of <see cref="InverseFactor"/>: e = (w_j - q_j) / U_jj, w_k -= e U_jk for k > j.
/// Scale and zero of a block are fitted when its first column is reached, to the weights as corrected by then. An input that was
/// always 0 has no say and is rounded to nearest. A row that nearest serves better keeps it.
/// </summary>
internal static class GptqRounding
{
    /// <summary>Rows worked on together, so that each row of U is fetched once for all of them.</summary>
    private const int Together = 16;

    /// <param name="weights">[rows, columns], finite.</param>
    /// <param name="grid">Levels and blocks.</param>
    /// <param name="gram">H of each group of rows; [columns, columns].</param>
    public static BlockWeights Round(ReadOnlyMemory<float> weights, BlockGrid grid, LayerGram gram)
    {
        var columns = gram.Columns;
        var rows = weights.Length / columns;
        var rounded = NearestRounding.Round(weights, rows, columns, grid);
        var fitted = BlockWeights.Empty(grid, rows, columns);
        var perGroup = rows / gram.Groups;
        for (var group = 0; group < gram.Groups; group++)
        {
            var index = group;
            if (InverseFactor.Of(gram.Group(group), columns) is not { } factor)
            {
                continue;
            }

            var first = group * perGroup;
            Parallel.For(0, (perGroup + Together - 1) / Together, tile =>
            {
                var start = first + (tile * Together);
                var count = Math.Min(Together, first + perGroup - start);
                Sweep(weights.Span, fitted, start, count, factor);
                for (var row = start; row < start + count; row++)
                {
                    if (OutputError(weights.Span, fitted, row, gram.Group(index)) < OutputError(weights.Span, rounded, row, gram.Group(index)))
                    {
                        Copy(fitted, rounded, row);
                    }
                }
            });
        }

        return rounded;
    }

    /// <summary>Squared error of one output, summed over the samples: d H d^T.</summary>
    public static double OutputError(ReadOnlySpan<float> weights, BlockWeights rounded, int row, ReadOnlySpan<double> matrix)
    {
        var columns = rounded.Columns;
        var off = new double[columns];
        for (var column = 0; column < columns; column++)
        {
            off[column] = weights[(row * columns) + column] - rounded.At(row, column);
        }

        var error = 0d;
        for (var column = 0; column < columns; column++)
        {
            error += off[column] * TensorPrimitives.Dot<double>(matrix.Slice(column * columns, columns), off);
        }

        return error;
    }

    private static void Sweep(ReadOnlySpan<float> weights, BlockWeights fitted, int start, int count, double[] factor)
    {
        var (columns, grid) = (fitted.Columns, fitted.Grid);
        var work = new double[count * columns];
        for (var i = 0; i < work.Length; i++)
        {
            work[i] = weights[(start * columns) + i];
        }

        var part = new float[Math.Min(grid.BlockSize, columns)];
        for (var column = 0; column < columns; column++)
        {
            var tail = factor.AsSpan((column * columns) + column, columns - column);
            for (var i = 0; i < count; i++)
            {
                var row = start + i;
                var values = work.AsSpan((i * columns) + column, columns - column);
                var at = (row * fitted.Blocks) + (column / grid.BlockSize);
                if (column % grid.BlockSize == 0)
                {
                    var length = Math.Min(part.Length, values.Length);
                    TensorPrimitives.ConvertTruncating<double, float>(values[..length], part);
                    (fitted.Scales[at], fitted.Zeros[at]) = BlockFit.Of(part.AsSpan(0, length), grid);
                }

                var level = grid.Level((float)values[0], fitted.Scales[at], fitted.Zeros[at]);
                fitted.Levels[(row * columns) + column] = level;
                var error = (values[0] - ((level - fitted.Zeros[at]) * (double)fitted.Scales[at])) / tail[0];
                TensorPrimitives.MultiplyAdd(tail, -error, values, values);
            }
        }
    }

    private static void Copy(BlockWeights from, BlockWeights to, int row)
    {
        from.Levels.AsSpan(row * from.Columns, from.Columns).CopyTo(to.Levels.AsSpan(row * to.Columns));
        from.Scales.AsSpan(row * from.Blocks, from.Blocks).CopyTo(to.Scales.AsSpan(row * to.Blocks));
        from.Zeros.AsSpan(row * from.Blocks, from.Blocks).CopyTo(to.Zeros.AsSpan(row * to.Blocks));
    }
}
