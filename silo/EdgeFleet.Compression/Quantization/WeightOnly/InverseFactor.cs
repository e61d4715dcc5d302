using System.Numerics.Tensors;

namespace EdgeFleet.Compression.Quantization.WeightOnly;

/// <summary>
/// The upper triangular U with (H + d I)^-1 = U^T U, d = 0.01 of the mean of H's diagonal. Made without inverting H: with
/// H = R R^T, R upper triangular, U = R^-1. (R is the Cholesky factor of H turned by 180 degrees, turned back.)
/// </summary>
internal static class InverseFactor
{
    private const double Damping = 0.01;
    private const int Attempts = 6;

    /// <param name="matrix">H, [n, n], symmetric, not negative.</param>
    /// <param name="n">Its order.</param>
    /// <returns>[n, n]; null where H has no inverse even when damped ten thousand times as much.</returns>
    public static double[]? Of(ReadOnlySpan<double> matrix, int n)
    {
        var mean = 0d;
        for (var i = 0; i < n; i++)
        {
            mean += matrix[(i * n) + i] / n;
        }

        for (var (attempt, damping) = (0, Damping * mean); mean > 0 && attempt < Attempts; attempt++, damping *= 10)
        {
            if (Cholesky(matrix, n, damping) is { } lower)
            {
                return Turned(Inverse(lower, n));
            }
        }

        return null;
    }

    /// <summary>The lower factor of the turned, damped matrix; null where it is not positive. Every element is one dot product, so threads change nothing.</summary>
    private static double[]? Cholesky(ReadOnlySpan<double> matrix, int n, double damping)
    {
        var lower = Turned(matrix);
        for (var i = 0; i < n; i++)
        {
            lower[(i * n) + i] += damping;
        }

        for (var column = 0; column < n; column++)
        {
            var at = column;
            var pivot = lower[(at * n) + at] - TensorPrimitives.Dot(lower.AsSpan(at * n, at), lower.AsSpan(at * n, at));
            if (!double.IsFinite(pivot) || pivot <= 0)
            {
                return null;
            }

            var root = Math.Sqrt(pivot);
            lower[(at * n) + at] = root;
            Parallel.For(at + 1, n, row =>
                lower[(row * n) + at] = (lower[(row * n) + at] - TensorPrimitives.Dot<double>(lower.AsSpan(row * n, at), lower.AsSpan(at * n, at))) / root);
        }

        return lower;
    }

    /// <summary>Inverse of a lower triangular matrix, row by row: X_i = (I_i - sum over k below i of L_ik X_k) / L_ii.</summary>
    private static double[] Inverse(double[] lower, int n)
    {
        var inverse = new double[lower.Length];
        for (var row = 0; row < n; row++)
        {
            var target = inverse.AsSpan(row * n, row + 1);
            for (var k = 0; k < row; k++)
            {
                TensorPrimitives.MultiplyAdd(inverse.AsSpan(k * n, k + 1), -lower[(row * n) + k], target[..(k + 1)], target[..(k + 1)]);
            }

            target[row] += 1;
            TensorPrimitives.Divide(target, lower[(row * n) + row], target);
        }

        return inverse;
    }

    private static double[] Turned(ReadOnlySpan<double> matrix)
    {
        var turned = matrix.ToArray();
        Array.Reverse(turned);
        return turned;
    }
}
