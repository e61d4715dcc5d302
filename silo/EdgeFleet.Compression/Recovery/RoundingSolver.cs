using System.Numerics.Tensors;

namespace EdgeFleet.Compression.Recovery;

/// <summary>
/// Rounds rows of weights up or down so that tr((Q - U) H (Q - U)^T) becomes small, where U are the weights in units of their scale
/// and H = X^T X the second moments of their inputs: the squared error of the layer's outputs, not of its weights.
/// First AdaRound: h = clip(1.2 sigmoid(V) - 0.1, 0, 1) between floor and ceiling, moved by Adam along the closed gradient
/// 2 (Q - U) H and pressed towards 0 or 1 by lambda sum(1 - |2h - 1|^beta), beta from 20 to 2; then single flips as long as one helps,
/// which start from nearest rounding too: the better end is taken. So it is never worse than nearest. Deterministic, no randomness.
/// Source: Nagel et al., Up or Down? Adaptive Rounding for Post-Training Quantization, 2020.
/// </summary>
internal sealed class RoundingSolver
{
    private const float Rate = 0.02f;
    private const float Lambda = 0.01f;
    private const float First = 0.9f;
    private const float Second = 0.999f;
    private const float Stretch = 1.2f;
    private const float Offset = -0.1f;
    private const double WarmUp = 0.2;

    private readonly int _columns;
    private readonly int _limit;
    private readonly float[] _moments;

    /// <param name="moments">H, [columns, columns], symmetric and positive semi-definite.</param>
    /// <param name="columns">Inputs of one output.</param>
    /// <param name="limit">Largest magnitude of a rounded weight.</param>
    public RoundingSolver(ReadOnlySpan<double> moments, int columns, int limit)
    {
        (_columns, _limit) = (columns, limit);
        var mean = 0d;
        for (var i = 0; i < columns; i++)
        {
            mean += moments[(i * columns) + i] / columns;
        }

        // In units of the mean second moment, so that rate and lambda fit every layer.
        _moments = new float[moments.Length];
        for (var i = 0; i < moments.Length; i++)
        {
            _moments[i] = mean > 0 ? (float)(moments[i] / mean) : 0;
        }
    }

    /// <summary>Rounds one row.</summary>
    /// <param name="row">Weights over their scale, within the limit.</param>
    /// <param name="iterations">Steps of Adam; 0 leaves them out.</param>
    /// <param name="rounded">Integers within the limit, each the floor or the ceiling of its weight.</param>
    public void Solve(ReadOnlySpan<float> row, int iterations, Span<sbyte> rounded)
    {
        var nearest = new float[_columns];
        for (var k = 0; k < _columns; k++)
        {
            nearest[k] = Math.Clamp(MathF.Round(row[k], MidpointRounding.ToEven), -_limit, _limit);
        }

        var best = Flip(row, nearest);
        if (iterations > 0)
        {
            var relaxed = Relax(row, iterations);
            if (Flip(row, relaxed) < best)
            {
                nearest = relaxed;
            }
        }

        for (var k = 0; k < _columns; k++)
        {
            rounded[k] = (sbyte)nearest[k];
        }
    }

    /// <summary>The squared error of the layer's output, up to a factor.</summary>
    public double Loss(ReadOnlySpan<float> row, ReadOnlySpan<float> rounded)
    {
        var error = new float[_columns];
        TensorPrimitives.Subtract(rounded, row, error);
        var gradient = new float[_columns];
        Multiply(error, gradient);
        return TensorPrimitives.Dot<float>(error, gradient);
    }

    /// <summary>Adam on the relaxed rounding, hardened at the end.</summary>
    private float[] Relax(ReadOnlySpan<float> row, int iterations)
    {
        var (floor, v) = (new float[_columns], new float[_columns]);
        var (h, slope, error, gradient) = (new float[_columns], new float[_columns], new float[_columns], new float[_columns]);
        var (mean, square) = (new float[_columns], new float[_columns]);
        for (var k = 0; k < _columns; k++)
        {
            floor[k] = MathF.Floor(row[k]);
            var part = Math.Clamp((row[k] - floor[k] - Offset) / Stretch, 1e-4f, 1 - 1e-4f);
            v[k] = MathF.Log(part / (1 - part));
        }

        var (decayFirst, decaySecond) = (1f, 1f);
        for (var step = 0; step < iterations; step++)
        {
            for (var k = 0; k < _columns; k++)
            {
                var sigmoid = 1 / (1 + MathF.Exp(-v[k]));
                var open = (Stretch * sigmoid) + Offset;
                h[k] = Math.Clamp(open, 0, 1);
                slope[k] = open is > 0 and < 1 ? Stretch * sigmoid * (1 - sigmoid) : 0;
                error[k] = floor[k] + h[k] - row[k];
            }

            Multiply(error, gradient);
            var progress = (step - (WarmUp * iterations)) / ((1 - WarmUp) * iterations);
            var beta = progress < 0 ? 0 : (float)(2 + (9 * (1 + Math.Cos(Math.PI * progress))));
            (decayFirst, decaySecond) = (decayFirst * First, decaySecond * Second);
            for (var k = 0; k < _columns; k++)
            {
                var twice = (2 * h[k]) - 1;
                var press = beta > 0 ? -Lambda * beta * 2 * MathF.Sign(twice) * MathF.Pow(MathF.Abs(twice), beta - 1) : 0;
                var g = ((2 * gradient[k]) + press) * slope[k];
                mean[k] = (First * mean[k]) + ((1 - First) * g);
                square[k] = (Second * square[k]) + ((1 - Second) * g * g);
                v[k] -= Rate * (mean[k] / (1 - decayFirst)) / (MathF.Sqrt(square[k] / (1 - decaySecond)) + 1e-8f);
            }
        }

        for (var k = 0; k < _columns; k++)
        {
            h[k] = Math.Clamp(floor[k] + (v[k] > 0 ? 1 : 0), -_limit, _limit);
        }

        return h;
    }

    /// <summary>Takes the other side of single weights as long as that lowers the loss; each time all weights are looked at once.</summary>
    /// <returns>The loss at the end.</returns>
    private double Flip(ReadOnlySpan<float> row, Span<float> rounded)
    {
        const int MostSweeps = 50;
        var error = new float[_columns];
        TensorPrimitives.Subtract(rounded, row, error);
        var gradient = new float[_columns];
        Multiply(error, gradient);
        for (var (sweep, flipped) = (0, true); flipped && sweep < MostSweeps; sweep++)
        {
            flipped = false;
            for (var k = 0; k < _columns; k++)
            {
                var other = error[k] > 0 ? rounded[k] - 1 : rounded[k] + 1;
                var step = other - rounded[k];
                if (error[k] == 0 || Math.Abs(other) > _limit)
                {
                    continue;
                }

                var change = (2 * step * gradient[k]) + (step * step * _moments[(k * _columns) + k]);
                if (change < -1e-6f)
                {
                    rounded[k] = other;
                    error[k] += step;
                    TensorPrimitives.MultiplyAdd(_moments.AsSpan(k * _columns, _columns), step, gradient, gradient);
                    flipped = true;
                }
            }
        }

        return TensorPrimitives.Dot<float>(error, gradient);
    }

    /// <summary>result = error H.</summary>
    private void Multiply(ReadOnlySpan<float> error, Span<float> result)
    {
        result.Clear();
        for (var k = 0; k < _columns; k++)
        {
            TensorPrimitives.MultiplyAdd(_moments.AsSpan(k * _columns, _columns), error[k], result, result);
        }
    }
}
