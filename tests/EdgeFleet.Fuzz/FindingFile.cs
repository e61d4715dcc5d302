using EdgeFleet.Tests.Compression.Fuzz;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Fuzz;

/// <summary>Saves findings under artifacts/fuzz: the input, and beside it what happened.</summary>
internal static class FindingFile
{
    public static string Folder { get; } = Directory.CreateDirectory(RepositoryRoot.Path("artifacts", "fuzz")).FullName;

    /// <summary>Two findings of one kind have the same message, numbers aside, and the same place.</summary>
    public static string KindOf(string what)
    {
        var lines = what.Split('\n', 4);
        var place = Array.FindIndex(lines, l => l.TrimStart().StartsWith("at ", StringComparison.Ordinal));
        return place >= 0 ? $"{lines[0].Split(':')[0]} {lines[place].Trim()}" : string.Concat(lines[0].Where(c => !char.IsAsciiDigit(c)));
    }

    /// <returns>Where, and in one line what.</returns>
    public static string Save(FuzzFinding finding, ulong seed)
    {
        var path = Path.Combine(Folder, $"{finding.Target}-{seed}-{finding.Index}.bin");
        File.WriteAllBytes(path, finding.Input);
        File.WriteAllText(path + ".txt", finding.What + "\n");
        return $"{Path.GetRelativePath(RepositoryRoot.Folder, path)}: {finding.What.Split('\n')[0].Trim()}";
    }
}
