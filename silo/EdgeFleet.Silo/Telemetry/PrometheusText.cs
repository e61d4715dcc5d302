using System.Globalization;
using System.Text;

namespace EdgeFleet.Silo.Telemetry;

/// <summary>Writes the Prometheus text format 0.0.4: families with help and type, samples with escaped labels.</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Label values are cut here.</summary>
    private const int MostLabelCharacters = 128;

    private readonly StringBuilder _text = new();
    private string _family = "";

    /// <summary>Begins a family; its samples follow.</summary>
    /// <param name="name">With unit and, for a counter, <c>_total</c>.</param>
    /// <param name="type"><c>gauge</c>, <c>counter</c> or <c>histogram</c>.</param>
    /// <param name="help">One line.</param>
    public PrometheusText Family(string name, string type, string help)
    {
        _family = name;
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        return this;
    }

    public PrometheusText Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) => Sample("", value, labels);

    /// <param name="suffix">Such as <c>_bucket</c>; empty for none.</param>
    /// <param name="value">May be infinite or NaN.</param>
    /// <param name="labels">Names are ours; values may be anything.</param>
    public PrometheusText Sample(string suffix, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(_family).Append(suffix);
        for (var i = 0; i < labels.Length; i++)
        {
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"");
            Escape(labels[i].Value);
            _text.Append('"');
        }

        _text.Append(labels.Length > 0 ? "} " : " ").Append(Number(value)).Append('\n');
        return this;
    }

    public override string ToString() => _text.ToString();

    public static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private void Escape(string value)
    {
        foreach (var c in value.AsSpan(0, Math.Min(value.Length, MostLabelCharacters)))
        {
            switch (c)
            {
                case '\\':
                    _text.Append("\\\\");
                    break;
                case '"':
                    _text.Append("\\\"");
                    break;
                case '\n':
                    _text.Append("\\n");
                    break;
                default:
                    // A lone surrogate is no character; UTF-8 can't carry it.
                    _text.Append(char.IsSurrogate(c) || char.IsControl(c) ? '\ufffd' : c);
                    break;
            }
        }
    }
}
