namespace EdgeFleet.Tests.Support;

/// <summary>Where the checkout lies: the folder with EdgeFleet.sln above the test assembly.</summary>
internal static class RepositoryRoot
{
    public static string Folder { get; } = Find();

    public static string Path(params string[] parts) => System.IO.Path.Combine([Folder, .. parts]);

    public static string TestModel(string name) => Path("tests", "models", name);

    public static string DemoFile(string name) => Path("deploy", "demo", name);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "EdgeFleet.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No EdgeFleet.sln above {AppContext.BaseDirectory}: run the tests from a checkout.");
    }
}
