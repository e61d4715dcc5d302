using System.Xml.Linq;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Architecture;

/// <summary>Who may reference whom.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["EdgeFleet.Contracts"] = [],
        ["EdgeFleet.Orleans"] = [],
        ["EdgeFleet.Mqtt"] = [],
        ["EdgeFleet.OnnxRuntime"] = [],
        ["EdgeFleet.Compression"] = [],
        ["EdgeFleet.GrainContracts"] = ["EdgeFleet.Contracts", "EdgeFleet.Orleans"],
        ["EdgeFleet.Grains"] = ["EdgeFleet.GrainContracts"],
        ["EdgeFleet.Silo"] =
            ["EdgeFleet.Compression", "EdgeFleet.Contracts", "EdgeFleet.GrainContracts", "EdgeFleet.Grains", "EdgeFleet.Mqtt", "EdgeFleet.OnnxRuntime"],
        ["EdgeFleet.Cli"] = ["EdgeFleet.Contracts"],
        ["EdgeFleet.Agent"] = ["EdgeFleet.Contracts", "EdgeFleet.Mqtt", "EdgeFleet.OnnxRuntime"],
    };

    public static TheoryData<string> Products() => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Products))]
    public void A_project_references_exactly_what_the_design_allows(string project)
    {
        // Orleans reaches the silo through the grain contracts; its store may be configured by a direct reference.
        string[] expected = Allowed[project];
        var actual = References(Sources.Projects.Single(p => Path.GetFileNameWithoutExtension(p) == project));

        actual.Except(project == "EdgeFleet.Silo" ? ["EdgeFleet.Orleans"] : []).Order().ShouldBe(expected.Order());
    }

    [Fact]
    public void Every_product_project_is_in_the_table() =>
        Sources.Projects.Where(p => !Sources.Relative(p).StartsWith("tests/", StringComparison.Ordinal)).Select(Path.GetFileNameWithoutExtension)
            .Order().ShouldBe(Allowed.Keys.Order());

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(RepositoryRoot.Path("EdgeFleet.sln")).Replace('\\', '/');

        Sources.Projects.ShouldAllBe(p => solution.Contains(Sources.Relative(p)));
    }

    [Fact]
    public void Versions_of_packages_are_set_in_one_place() =>
        Sources.Projects.Where(p => XDocument.Load(p).Descendants("PackageReference").Any(r => r.Attribute("Version") is not null)).ShouldBeEmpty();

    [Fact]
    public void No_project_softens_the_rules_of_the_build()
    {
        string[] soft = ["NoWarn", "TreatWarningsAsErrors", "Nullable", "WarningsNotAsErrors"];

        Sources.Projects.Where(p => XDocument.Load(p).Descendants().Any(e => soft.Contains(e.Name.LocalName))).Select(Sources.Relative).ShouldBeEmpty();
    }

    private static IEnumerable<string> References(string project) => XDocument.Load(project).Descendants("ProjectReference")
        .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
}
