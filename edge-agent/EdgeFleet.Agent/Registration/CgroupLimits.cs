using System.Globalization;

namespace EdgeFleet.Agent.Registration;

/// <summary>What control groups (version 1 or 2) leave to this process; null is without limit.</summary>
/// <param name="MemoryBytes">The smallest memory limit from the process's group up to the root.</param>
/// <param name="Cores">The smallest processor quota, in cores.</param>
internal readonly record struct CgroupLimits(long? MemoryBytes, double? Cores)
{
    /// <param name="root">Root of the file system; <c>/</c> but in tests.</param>
    public static CgroupLimits Read(string root = "/")
    {
        long? memory = null;
        double? cores = null;
        var paths = Lines(Path.Combine(root, "proc/self/cgroup")).Select(line => line.Split(':', 3)).Where(parts => parts.Length == 3).ToArray();
        foreach (var line in Lines(Path.Combine(root, "proc/self/mountinfo")))
        {
            // 36 35 0:31 /its/root /mount/point rw,relatime [optional fields] - type source options
            var parts = line.Split(' ');
            var dash = Array.IndexOf(parts, "-");
            if (dash < 6 || parts.Length < dash + 4 || parts[dash + 1] is not ("cgroup" or "cgroup2"))
            {
                continue;
            }

            var controllers = parts[dash + 3].Split(',');
            var own = parts[dash + 1] == "cgroup2"
                ? paths.FirstOrDefault(path => path[0] == "0" && path[1].Length == 0)
                : paths.FirstOrDefault(path => path[1].Split(',').Any(name => name is "memory" or "cpu" && controllers.Contains(name)));
            foreach (var folder in Folders(root, mountPoint: parts[4], mountRoot: parts[3], own?[2] ?? "/"))
            {
                memory = Min(memory, Number(folder, "memory.max") ?? Number(folder, "memory.limit_in_bytes"));
                cores = Min(cores, Quota(folder));
            }
        }

        return new CgroupLimits(memory, cores);
    }

    // From the process's own group up to the mount point: a limit anywhere above holds too.
    private static IEnumerable<string> Folders(string root, string mountPoint, string mountRoot, string own)
    {
        var relative = mountRoot != "/" && own.StartsWith(mountRoot, StringComparison.Ordinal) ? own[mountRoot.Length..] : own;
        var levels = relative.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (levels.Contains("..", StringComparer.Ordinal))
        {
            levels = []; // The group lies outside of what this namespace sees.
        }

        for (var depth = Math.Min(levels.Length, 64); depth >= 0; depth--)
        {
            yield return Path.Combine([root, mountPoint.TrimStart('/'), .. levels[..depth]]);
        }
    }

    private static double? Quota(string folder)
    {
        if (Lines(Path.Combine(folder, "cpu.max")) is [var line, ..]
            && line.Split(' ') is [var quota, var per]
            && Parse(quota) is { } microseconds
            && Parse(per) is { } outOf)
        {
            return (double)microseconds / outOf;
        }

        return Number(folder, "cpu.cfs_quota_us") is { } old && Number(folder, "cpu.cfs_period_us") is { } period ? (double)old / period : null;
    }

    private static long? Number(string folder, string file) => Lines(Path.Combine(folder, file)) is [var line, ..] ? Parse(line) : null;

    // "max" and -1 are without limit; so is version 1's 2^63 rounded down to a page.
    private static long? Parse(string text) =>
        long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < long.MaxValue - (1 << 20)
            ? number
            : null;

    private static T? Min<T>(T? one, T? other)
        where T : struct, IComparable<T> => one is not { } a ? other : other is not { } b ? one : a.CompareTo(b) <= 0 ? a : b;

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // A group that this process may not look into sets no limit that it could know.
        }
    }
}
