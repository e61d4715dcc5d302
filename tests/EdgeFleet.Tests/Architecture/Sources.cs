using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Architecture;

/// <summary>The checkout's own projects and C# files, build outputs aside.</summary>
internal static class Sources
{
    private static readonly string[] Roots = ["contracts", "platform", "silo", "edge-agent", "tests"];

    public static IReadOnlyList<string> Projects { get; } = Find("*.csproj");

    public static IReadOnlyList<string> Files { get; } = Find("*.cs");

    public static IEnumerable<string> ProductFiles => Files.Where(f => !Relative(f).StartsWith("tests/", StringComparison.Ordinal));

    public static string Relative(string path) => Path.GetRelativePath(RepositoryRoot.Folder, path).Replace('\\', '/');

    private static List<string> Find(string pattern) => [.. Roots
        .SelectMany(root => Directory.EnumerateFiles(RepositoryRoot.Path(root), pattern, SearchOption.AllDirectories))
        .Where(f => !Relative(f).Split('/').Any(part => part is "bin" or "obj" or "node_modules"))
        .Order(StringComparer.Ordinal)];
}
