using System.Reflection;

namespace Orleans.Runtime.Catalog;

/// <summary>Finds grain classes: in every assembly that references this one, and that the application has loaded or references.</summary>
internal static class GrainAssemblies
{
    private static readonly string Own = typeof(GrainAssemblies).Assembly.GetName().Name!;

    public static IEnumerable<Type> GrainClasses() =>
        Find().SelectMany(a => a.GetTypes()).Where(t => t is { IsClass: true, IsAbstract: false, IsGenericTypeDefinition: false } && IsGrain(t));

    private static bool IsGrain(Type type) => typeof(IGrainBase).IsAssignableFrom(type) && typeof(IGrain).IsAssignableFrom(type);

    private static List<Assembly> Find()
    {
        var seen = new HashSet<string>();
        var open = new Queue<Assembly>(AppDomain.CurrentDomain.GetAssemblies().Where(a => !a.IsDynamic && !IsForeign(a.GetName())));
        var found = new List<Assembly>();
        while (open.TryDequeue(out var assembly))
        {
            if (!seen.Add(assembly.FullName!))
            {
                continue;
            }

            var references = assembly.GetReferencedAssemblies();
            if (references.Any(r => r.Name == Own))
            {
                found.Add(assembly);
            }

            foreach (var reference in references.Where(r => !IsForeign(r) && !seen.Contains(r.FullName)))
            {
                if (TryLoad(reference) is { } loaded)
                {
                    open.Enqueue(loaded);
                }
            }
        }

        return found;
    }

    /// <summary>Assemblies of the framework and of well-known packages hold no grains: to load them all would cost start-up time.</summary>
    private static bool IsForeign(AssemblyName name) =>
        name.Name is not { } text
        || text is "mscorlib" or "netstandard" or "System" or "WindowsBase"
        || text.StartsWith("System.", StringComparison.Ordinal)
        || text.StartsWith("Microsoft.", StringComparison.Ordinal)
        || text.StartsWith("xunit", StringComparison.Ordinal)
        || text.StartsWith("SQLitePCL", StringComparison.Ordinal);

    private static Assembly? TryLoad(AssemblyName name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (Exception e) when (e is FileNotFoundException or FileLoadException or BadImageFormatException)
        {
            // A reference that the application does without, such as an analyzer's; a grain in it could not be called anyway.
            return null;
        }
    }
}
