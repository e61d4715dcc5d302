namespace EdgeFleet.Compression.Quantization;

/// <summary>Transposes matrices.</summary>
internal static class Turning
{
    /// <summary>
    /// Side of the squares that are turned one by one: element by element, each write would touch another page, which takes five times
    /// as long for a matrix of 4096 x 4096.
    /// </summary>
    private const int Square = 32;

    /// <param name="values">[rows, columns].</param>
    /// <param name="rows">Of <paramref name="values"/>.</param>
    /// <param name="columns">Of <paramref name="values"/>.</param>
    /// <returns>[columns, rows].</returns>
    public static T[] Of<T>(ReadOnlyMemory<T> values, int rows, int columns)
    {
        var turned = GC.AllocateUninitializedArray<T>(checked(rows * columns));
        Parallel.For(0, (columns + Square - 1) / Square, strip =>
        {
            var from = values.Span;
            var (firstColumn, lastColumn) = (strip * Square, Math.Min((strip + 1) * Square, columns));
            for (var firstRow = 0; firstRow < rows; firstRow += Square)
            {
                var lastRow = Math.Min(firstRow + Square, rows);
                for (var column = firstColumn; column < lastColumn; column++)
                {
                    for (var row = firstRow; row < lastRow; row++)
                    {
                        turned[(column * rows) + row] = from[(row * columns) + column];
                    }
                }
            }
        });
        return turned;
    }
}
