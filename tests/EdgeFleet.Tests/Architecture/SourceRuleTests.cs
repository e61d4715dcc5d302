using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace EdgeFleet.Tests.Architecture;

public sealed partial class SourceRuleTests
{
    [Fact]
    public void Grain_code_awaits_inside_its_activation() => Holds("silo/EdgeFleet.Grains/", "ConfigureAwait(");

    [Theory]
    [InlineData("System.Net.Sockets")]
    [InlineData("System.Text.Json")]
    [InlineData("File.")]
    [InlineData("Directory.")]
    [InlineData("HttpClient")]
    [InlineData("Microsoft.Data.Sqlite")]
    [InlineData("DllImport")]
    public void Grains_decide_and_touch_no_socket_file_or_codec(string banned) => Holds("silo/EdgeFleet.Grains/", banned);

    [Theory]
    [InlineData("NotImplementedException")]
    [InlineData("TODO")]
    [InlineData("FIXME")]
    [InlineData("HACK")]
    public void The_product_has_no_unfinished_part(string banned) => Sources.ProductFiles
        .Where(f => Regex.IsMatch(File.ReadAllText(f), $@"\b{banned}\b"))
        .Select(Sources.Relative).ShouldBeEmpty();

    [Fact]
    public void A_suppressed_warning_gives_its_reason_on_the_line() => Sources.Files
        .SelectMany(f => File.ReadLines(f).Select((line, i) => (f, line, i)))
        .Where(x => Pragma().IsMatch(x.line) && !x.line.Contains("//", StringComparison.Ordinal))
        .Select(x => $"{Sources.Relative(x.f)}:{x.i + 1}").ShouldBeEmpty();

    [Fact]
    public void No_error_is_swallowed_without_a_word() => Sources.ProductFiles
        .Where(f => EmptyCatch().IsMatch(File.ReadAllText(f)))
        .Select(Sources.Relative).ShouldBeEmpty();

    [Fact]
    public void A_namespace_is_its_folder()
    {
        var wrong = new List<string>();
        foreach (var project in Sources.Projects.Where(p => Path.GetFileNameWithoutExtension(p) != "EdgeFleet.Orleans"))
        {
            // EdgeFleet.Orleans stands in for a package and has that one's namespaces.
            var root = XDocument.Load(project).Descendants("RootNamespace").FirstOrDefault()?.Value ?? Path.GetFileNameWithoutExtension(project);
            var folder = Path.GetDirectoryName(project)!;
            foreach (var file in Sources.Files.Where(f => f.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
            {
                var place = Path.GetRelativePath(folder, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.');
                var expected = place == "." ? root : $"{root}.{place}";
                if (Namespace().Match(File.ReadAllText(file)) is { Success: true } match && match.Groups["name"].Value != expected)
                {
                    wrong.Add($"{Sources.Relative(file)} is {match.Groups["name"].Value}, not {expected}");
                }
            }
        }

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void Files_stay_small_enough_to_read()
    {
        var lengths = Sources.ProductFiles.Select(f => File.ReadLines(f).Count()).Order().ToArray();

        lengths[lengths.Length / 2].ShouldBeLessThanOrEqualTo(80, "lines of the median file");
        (lengths.Count(l => l > 400) / (double)lengths.Length).ShouldBeLessThanOrEqualTo(0.02, "share of files over 400 lines");
    }

    private static void Holds(string folder, string banned) => Sources.Files
        .Where(f => Sources.Relative(f).StartsWith(folder, StringComparison.Ordinal))
        .Where(f => Regex.IsMatch(File.ReadAllText(f), $@"(?<![\w.]){Regex.Escape(banned)}"))
        .Select(Sources.Relative).ShouldBeEmpty();

    [GeneratedRegex(@"^\s*#pragma warning disable", RegexOptions.None, 1000)]
    private static partial Regex Pragma();

    [GeneratedRegex(@"catch(\s*\([^)]*\))?\s*\{\s*\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EmptyCatch();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Namespace();
}
