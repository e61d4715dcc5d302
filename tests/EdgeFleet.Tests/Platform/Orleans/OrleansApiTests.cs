using System.Reflection;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Platform.Orleans;

/// <summary>The stand-in must be a subset of Orleans: whatever compiles against it compiles against the packages.</summary>
public sealed class OrleansApiTests
{
    [Fact]
    public void Everything_public_in_Orleans_namespaces_exists_in_Orleans()
    {
        var real = File.ReadLines(RepositoryRoot.Path("tests", "EdgeFleet.Tests", "Platform", "Orleans", "orleans-api.txt"))
            .Where(l => !l.StartsWith('#'))
            .ToHashSet();

        var ours = typeof(global::Orleans.Grain).Assembly.GetTypes()
            .Where(t => t.IsVisible && t.Namespace is { } name && (name.StartsWith("Orleans", StringComparison.Ordinal) || name == "Microsoft.Extensions.Hosting"))
            .SelectMany(ApiSignatures.Of)
            .ToList();

        ours.Count.ShouldBeGreaterThan(300);
        var foreign = ours.Where(l => !real.Contains(l)).ToList();
        foreign.ShouldBeEmpty($"Orleans does not have:\n{string.Join('\n', foreign)}");
    }

    [Fact]
    public void What_Orleans_does_not_have_sits_in_one_namespace_of_its_own() =>
        typeof(global::Orleans.Grain).Assembly.GetExportedTypes()
            .Select(t => t.Namespace!)
            .Where(n => !n.StartsWith("Orleans", StringComparison.Ordinal))
            .Distinct()
            .ShouldBeSubsetOf(["EdgeFleet.Platform.Orleans", "Microsoft.Extensions.Hosting"]);

    [Fact]
    public void A_member_that_Orleans_lacks_would_be_found() =>
        ApiSignatures.Of(typeof(Sample)).ShouldBe(
        [
            "T EdgeFleet.Tests.Platform.Orleans.OrleansApiTests.Sample",
            "C EdgeFleet.Tests.Platform.Orleans.OrleansApiTests.Sample(System.Int32 a)",
            "M EdgeFleet.Tests.Platform.Orleans.OrleansApiTests.Sample::Try<T>(System.Collections.Generic.List<T> list,System.String& found) -> System.Nullable<System.Int32>",
            "P EdgeFleet.Tests.Platform.Orleans.OrleansApiTests.Sample::Name : System.String",
        ]);

    public class Sample(int a)
    {
        public string Name => $"{a}";

        public int? Try<T>(List<T> list, out string found)
        {
            found = $"{list.Count}{a}";
            return null;
        }
    }
}
