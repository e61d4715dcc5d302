namespace EdgeFleet.Silo.Hosting;

/// <summary>The silo's folder on disk, held by one process at a time.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(string root, FileStream held)
    {
        Root = root;
        _lock = held;
    }

    /// <summary>Absolute path.</summary>
    public string Root { get; }

    /// <summary>Content-addressed artifacts.</summary>
    public string Artifacts => Path.Combine(Root, "artifacts");

    /// <summary>Uploads and variants while they are being worked on; emptied at start.</summary>
    public string Work => Path.Combine(Root, "work");

    /// <summary>Certificate authority and enrolment token.</summary>
    public string Identity => Path.Combine(Root, "identity");

    /// <summary>Configuration, keys and state of the broker that the silo starts.</summary>
    public string Broker => Path.Combine(Root, "broker");

    /// <summary>Keys that protect what the dashboard's connections carry.</summary>
    public string Keys => Path.Combine(Root, "keys");

    /// <summary>What the whole fleet looks like: devices, models, rollouts.</summary>
    public string FleetDatabase => Path.Combine(Root, "fleet.db");

    /// <summary>State of the grains.</summary>
    public string GrainDatabase => Path.Combine(Root, "grains.db");

    /// <summary>Makes the folder where needed and takes its lock, which the system gives back when the process ends in any way.</summary>
    /// <exception cref="StartupException">Another silo holds it, or it can't be written.</exception>
    public static DataFolder Open(string path)
    {
        var root = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(root);
            var held = new FileStream(Path.Combine(root, "silo.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var folder = new DataFolder(root, held);
            if (Directory.Exists(folder.Work))
            {
                Directory.Delete(folder.Work, recursive: true);
            }

            Directory.CreateDirectory(folder.Work);
            return folder;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartupException($"the data folder {root} can't be written", "run as a user who may, or choose another folder with --data.", e);
        }
        catch (IOException e) when (File.Exists(Path.Combine(root, "silo.lock")))
        {
            throw new StartupException($"the data folder {root} is in use by another silo", "stop that one, or choose another folder with --data.", e);
        }
        catch (IOException e)
        {
            throw new StartupException($"the data folder {root} can't be made ({e.Message})", "choose another folder with --data.", e);
        }
    }

    public void Dispose() => _lock.Dispose();
}
