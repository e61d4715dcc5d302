namespace EdgeFleet.Agent.State;

/// <summary>The agent's folder, held by one process at a time.</summary>
/// <remarks>identity/ (key, certificate), artifacts/ (variants and golden sets by digest), outbox/ (telemetry on its way), state-a and state-b.</remarks>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream held)
    {
        Root = path;
        _lock = held;
    }

    public string Root { get; }

    public string Identity => Path.Combine(Root, "identity");

    public string Artifacts => Path.Combine(Root, "artifacts");

    public string Outbox => Path.Combine(Root, "outbox");

    /// <summary>Makes the folder where it is missing and takes it.</summary>
    /// <exception cref="DataFolderException">Another agent holds it, or it can't be made or written.</exception>
    public static DataFolder Open(string path)
    {
        var root = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(root);
            foreach (var name in (string[])["artifacts", "outbox"])
            {
                Directory.CreateDirectory(Path.Combine(root, name));
            }

            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(Path.Combine(root, "identity"));
            }
            else
            {
                Directory.CreateDirectory(Path.Combine(root, "identity"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataFolderException($"Data folder {root} can't be made or written ({e.Message}): give another with --data.", e);
        }

        try
        {
            return new DataFolder(root, new FileStream(Path.Combine(root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataFolderException($"Data folder {root} is in use by another agent, or not writable ({e.Message}): stop that one, or give another with --data.", e);
        }
    }

    public void Dispose() => _lock.Dispose();
}

/// <summary>The data folder can't be used; the message names it and the cure.</summary>
internal sealed class DataFolderException(string message, Exception? inner = null) : Exception(message, inner);
