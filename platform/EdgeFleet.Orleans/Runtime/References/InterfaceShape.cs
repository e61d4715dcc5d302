using System.Collections.Concurrent;
using System.Reflection;
using Orleans.Runtime.Calls;

namespace Orleans.Runtime.References;

/// <summary>A grain interface: its names, its methods, and the generated class of references.</summary>
internal sealed class InterfaceShape
{
    private static readonly ConcurrentDictionary<Type, Lazy<InterfaceShape>> Shapes = new();

    private InterfaceShape(Type type)
    {
        Type = type;
        InterfaceName = type.GetCustomAttribute<AliasAttribute>()?.Alias ?? type.FullName!;
        InterfaceType = GrainInterfaceType.Create(InterfaceName);
        var methods = MethodsOf(type);
        Methods = [.. methods.Select(m => new MethodShape(type, m))];
        Create = ReferenceEmitter.Emit(type, methods);
    }

    public Type Type { get; }

    public string InterfaceName { get; }

    public GrainInterfaceType InterfaceType { get; }

    public MethodShape[] Methods { get; }

    public Func<ReferenceOrigin, GrainId, GrainReference> Create { get; }

    /// <exception cref="ArgumentException">Not a grain interface, or one with members that cannot be called.</exception>
    public static InterfaceShape Of(Type type) =>
        Shapes.GetOrAdd(type, static t => new Lazy<InterfaceShape>(() => new InterfaceShape(t))).Value;

    private static List<MethodInfo> MethodsOf(Type type)
    {
        if (!type.IsInterface || !typeof(IAddressable).IsAssignableFrom(type))
        {
            throw new ArgumentException($"{type} is not a grain interface: it must be an interface that derives from IGrain.");
        }

        var methods = new List<MethodInfo>();
        foreach (var part in type.GetInterfaces().Prepend(type))
        {
            foreach (var method in part.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
            {
                Check(type, method);
                methods.Add(method);
            }
        }

        return methods;
    }

    private static void Check(Type type, MethodInfo method)
    {
        var fault =
            method.IsSpecialName ? "properties and events cannot be called from afar" :
            method.IsGenericMethodDefinition ? "generic methods are not supported by the embedded host" :
            method.GetParameters().Any(p => p.ParameterType.IsByRef || p.ParameterType.IsPointer) ? "parameters cannot be passed by reference" :
            method.GetParameters().Count(p => p.ParameterType == typeof(CancellationToken)) > 1 ? "there can be only one cancellation token" :
            !IsTask(method.ReturnType) ? $"it must return Task, ValueTask or void, not {method.ReturnType}" : null;
        if (fault is not null)
        {
            throw new ArgumentException($"{type}.{method.Name}: {fault}.");
        }
    }

    private static bool IsTask(Type type) =>
        type == typeof(void) || type == typeof(Task) || type == typeof(ValueTask)
        || (type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>)));
}
