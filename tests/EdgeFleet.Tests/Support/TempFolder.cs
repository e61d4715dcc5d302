namespace EdgeFleet.Tests.Support;

/// <summary>A new empty folder that goes with the test.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;

    public string File(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A process that was killed a moment ago may still hold a file; the system's temp folder is swept anyway.
            Console.Error.WriteLine($"left behind: {Path} ({e.Message})");
        }
    }
}
