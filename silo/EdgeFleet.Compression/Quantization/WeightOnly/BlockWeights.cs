namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>A matrix of weights as levels of a grid; a row holds the weights of one output.</summary>
/// <param name="Grid">What the levels mean.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs of one output.</param>
/// <param name="Levels">[Rows, Columns], one level per byte.</param>
/// <param name="Scales">[Rows, blocks of a row].</param>
/// <param name="Zeros">[Rows, blocks of a row].</param>
internal sealed record BlockWeights(BlockGrid Grid, int Rows, int Columns, byte[] Levels, float[] Scales, byte[] Zeros)
{
    public int Blocks => Grid.BlocksOf(Columns);

    /// <summary>All levels at the zero, all scales 1.</summary>
    public static BlockWeights Empty(BlockGrid grid, int rows, int columns)
    {
        var blocks = checked(rows * grid.BlocksOf(columns));
        var weights = new BlockWeights(grid, rows, columns, new byte[checked(rows * columns)], new float[blocks], new byte[blocks]);
        Array.Fill(weights.Zeros, (byte)grid.Middle);
        Array.Fill(weights.Scales, 1f);
        return weights;
    }

    /// <summary>The weight that a level stands for, computed as the runtime does: in float32.</summary>
    public float At(int row, int column)
    {
        var block = (row * Blocks) + (column / Grid.BlockSize);
        return (Levels[(row * Columns) + column] - Zeros[block]) * Scales[block];
    }

    /// <summary>All weights, [Rows, Columns].</summary>
    public float[] ToFloats()
    {
        var values = new float[Levels.Length];
        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < Columns; column++)
            {
                values[(row * Columns) + column] = At(row, column);
            }
        }

        return values;
    }
}
