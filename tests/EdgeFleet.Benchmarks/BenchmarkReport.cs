using System.Globalization;

namespace EdgeFleet.Benchmarks;

/// <summary>A measured number.</summary>
/// <param name="Benchmark">Whose.</param>
/// <param name="Name">What was measured, with its conditions.</param>
/// <param name="Value">In <paramref name="Unit"/>.</param>
/// <param name="Unit">Such as "calls/s".</param>
/// <param name="Bound">What it must reach, or stay below; null when it is only reported.</param>
/// <param name="Holds">Whether it does.</param>
internal sealed record Figure(string Benchmark, string Name, double Value, string Unit, string? Bound, bool Holds);

/// <summary>Collects figures and prints each as soon as it is known.</summary>
internal sealed class BenchmarkReport(TextWriter output)
{
    private readonly List<Figure> _figures = [];
    private string _benchmark = "";

    public IReadOnlyList<Figure> Figures => _figures;

    public bool AllHold => _figures.TrueForAll(f => f.Holds);

    public void Begin(IBenchmark benchmark)
    {
        _benchmark = benchmark.Name;
        output.WriteLine();
        output.WriteLine($"{benchmark.Name}: {benchmark.Question}");
    }

    /// <summary>A line that is no figure.</summary>
    public void Say(string line) => output.WriteLine(line);

    public void Add(string name, double value, string unit) => Add(new Figure(_benchmark, name, value, unit, null, true));

    public void AtLeast(double bound, string name, double value, string unit) =>
        Add(new Figure(_benchmark, name, value, unit, $"at least {Number(bound)}", value >= bound));

    public void AtMost(double bound, string name, double value, string unit) =>
        Add(new Figure(_benchmark, name, value, unit, $"at most {Number(bound)}", value <= bound));

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "#,0" : "0.###", CultureInfo.InvariantCulture);

    private void Add(Figure figure)
    {
        _figures.Add(figure);
        var verdict = figure.Bound is null ? "" : $"  {(figure.Holds ? "ok" : "MISSED")}: {figure.Bound}";
        output.WriteLine($"  {figure.Name,-72} {Number(figure.Value),14} {figure.Unit,-10}{verdict}");
    }
}
