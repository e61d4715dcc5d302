using System.Runtime.CompilerServices;
using System.Text;

namespace EdgeFleet.Compression.Report;

/// <summary>Markup. Made only by interpolation, which escapes whatever is not markup itself.</summary>
internal readonly record struct Html(string Markup)
{
    public static Html Empty => new("");

    public static Html Of(HtmlHandler markup) => new(markup.ToString());

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(p => p.Markup)));

    /// <summary>Text as markup; characters that XML does not have become the replacement character.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '<': escaped.Append("&lt;"); break;
                case '>': escaped.Append("&gt;"); break;
                case '&': escaped.Append("&amp;"); break;
                case '"': escaped.Append("&quot;"); break;
                case '\'': escaped.Append("&#39;"); break;
                case (< 0x20 and not ('\t' or '\n' or '\r')) or (>= 0x7F and < 0xA0) or 0xFFFE or 0xFFFF: escaped.Append('\uFFFD'); break;
                default: escaped.Append(rune.ToString()); break;
            }
        }

        return escaped.ToString();
    }
}

/// <summary>Literal parts stay as they are; what is put in between is escaped, unless it is <see cref="Html"/>.</summary>
[InterpolatedStringHandler]
internal readonly struct HtmlHandler(int literalLength, int formattedCount)
{
    private readonly StringBuilder _markup = new(literalLength + (formattedCount * 16));

    public void AppendLiteral(string literal) => _markup.Append(literal);

    public void AppendFormatted(Html html) => _markup.Append(html.Markup);

    public void AppendFormatted(IEnumerable<Html> parts) => _markup.Append(Html.Join(parts).Markup);

    public void AppendFormatted(string? text) => _markup.Append(Html.Escape(text ?? ""));

    public void AppendFormatted(int number) => _markup.Append(number);

    /// <summary>A coordinate: two decimals suffice for a picture.</summary>
    public void AppendFormatted(double coordinate) => _markup.Append(double.IsFinite(coordinate) ? coordinate.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture) : "0");

    public override string ToString() => _markup.ToString();
}
