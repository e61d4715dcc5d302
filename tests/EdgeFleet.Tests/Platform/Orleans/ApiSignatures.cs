using System.Reflection;

namespace EdgeFleet.Tests.Platform.Orleans;

/// <summary>Public and protected members in the notation of orleans-api.txt.</summary>
internal static class ApiSignatures
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> Of(Type type)
    {
        var name = Name(type);
        yield return $"T {name}";
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum))
        {
            yield return $"T {name} : {Name(parent)}";
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            // Its parameters are those of Invoke; the rest is the compiler's.
            yield return Method(name, type.GetMethod("Invoke")!);
            yield break;
        }

        foreach (var constructor in type.GetConstructors(Declared).Where(c => !c.IsStatic && IsVisible(c)))
        {
            yield return $"C {name}({Parameters(constructor)})";
        }

        foreach (var method in type.GetMethods(Declared).Where(m => !m.IsSpecialName && IsVisible(m) && !m.Name.Contains('<')))
        {
            yield return Method(name, method);
        }

        foreach (var property in type.GetProperties(Declared).Where(p => p.GetAccessors(nonPublic: true).Any(IsVisible)))
        {
            yield return $"P {name}::{property.Name} : {Name(property.PropertyType)}";
        }

        foreach (var field in type.GetFields(Declared).Where(f => (f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly) && !f.IsSpecialName))
        {
            yield return $"F {name}::{field.Name}";
        }
    }

    private static string Method(string type, MethodInfo method)
    {
        var generic = method.IsGenericMethodDefinition ? $"<{string.Join(',', method.GetGenericArguments().Select(a => a.Name))}>" : "";
        return $"M {type}::{method.Name}{generic}({Parameters(method)}) -> {Name(method.ReturnType)}";
    }

    /// <summary>Explicit implementations of interfaces are private, and so left out.</summary>
    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Parameters(MethodBase method) => string.Join(',', method.GetParameters().Select(p => $"{Name(p.ParameterType)} {p.Name}"));

    private static string Name(Type type)
    {
        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (type.IsByRef)
        {
            return Name(type.GetElementType()!) + "&";
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        var name = type.IsNested ? $"{Name(type.DeclaringType!)}.{Bare(type.Name)}" : $"{type.Namespace}.{Bare(type.Name)}";
        return type.IsGenericType && type.Name.Contains('`') ? $"{name}<{string.Join(',', type.GetGenericArguments().Select(Name))}>" : name;
    }

    private static string Bare(string name) => name.Split('`')[0];
}
