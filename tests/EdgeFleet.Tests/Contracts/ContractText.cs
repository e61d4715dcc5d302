using System.Reflection;
using System.Text;
using Orleans;
using Orleans.Concurrency;

namespace EdgeFleet.Tests.Contracts;

/// <summary>Writes down everything that crosses a process: records with their fields, enums, constants, and grain interfaces with their aliases.</summary>
internal static class ContractText
{
    private static readonly NullabilityInfoContext Nullability = new();

    public static string Write(params IEnumerable<Assembly> assemblies)
    {
        var text = new StringBuilder();
        foreach (var type in assemblies.SelectMany(a => a.GetExportedTypes()).Where(IsContract).OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(KindOf(type)).Append(' ').Append(type.FullName).Append(Alias(type)).Append('\n');
            foreach (var line in type.IsEnum ? Members(type) : type.IsInterface ? Methods(type) : Fields(type))
            {
                text.Append("  ").Append(line).Append('\n');
            }
        }

        return text.ToString();
    }

    private static bool IsContract(Type type) =>
        !typeof(System.Text.Json.Serialization.JsonConverter).IsAssignableFrom(type)
        && !typeof(System.Text.Json.Serialization.JsonSerializerContext).IsAssignableFrom(type)
        && (!type.IsInterface || typeof(IGrain).IsAssignableFrom(type));

    private static string KindOf(Type type) => type.IsEnum ? "enum" : type.IsInterface ? "grain" : type.IsAbstract && type.IsSealed ? "constants" : "record";

    private static string Alias(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>() is { } alias ? $" \"{alias.Alias}\"" : "";

    private static IEnumerable<string> Members(Type type) => Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name))}");

    private static IEnumerable<string> Methods(Type type) => type.GetMethods(BindingFlags.Public | BindingFlags.Instance).Select(m =>
            $"{m.Name}{Alias(m)}({string.Join(", ", m.GetParameters().Select(p => Name(p.ParameterType, Nullability.Create(p)) + " " + p.Name))})"
            + $" -> {Name(m.ReturnType, Nullability.Create(m.ReturnParameter))}"
            + (m.IsDefined(typeof(OneWayAttribute)) ? " one-way" : "")
            + (m.IsDefined(typeof(AlwaysInterleaveAttribute)) ? " interleaves" : ""))
        .Order(StringComparer.Ordinal);

    private static IEnumerable<string> Fields(Type type) =>
    [
        .. type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral).Select(f => $"const {f.Name} = {f.GetRawConstantValue()}"),
        .. type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).Take(1).SelectMany(c => c.GetParameters())
            .Select(p => $"{p.Name}: {Name(p.ParameterType, Nullability.Create(p))}"),
        .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanWrite && type.GetConstructors().All(c => c.GetParameters().All(a => a.Name != p.Name)))
            .Select(p => $"{p.Name}: {Name(p.PropertyType, Nullability.Create(p))}, optional"),
    ];

    private static string Name(Type type, NullabilityInfo nullability)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return inner.Name + "?";
        }

        var name = type.IsGenericType
            ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Zip(nullability.GenericTypeArguments, Name))}>"
            : type.Name;
        return nullability.ReadState == NullabilityState.Nullable && !type.IsValueType ? name + "?" : name;
    }
}
