namespace EdgeFleet.Tests.Agent;

/// <summary>A test that needs a small file system of its own; skipped, and told why, where this user may not mount one.</summary>
internal sealed class MountFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> s_mayMount = new(() =>
    {
        using var disk = TinyDisk.TryMount(64 * 1024);
        return disk is not null;
    });

    public MountFactAttribute() => Skip = s_mayMount.Value ? null : "needs the right to mount a tmpfs: run the tests as root";
}
