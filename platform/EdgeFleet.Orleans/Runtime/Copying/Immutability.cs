using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Numerics;
using System.Reflection;
using Orleans.Concurrency;

namespace Orleans.Runtime.Copying;

/// <summary>Knows types whose values cannot change, so that they need no copy.</summary>
internal static class Immutability
{
    private static readonly ConcurrentDictionary<Type, bool> Proven = new();

    private static readonly HashSet<Type> Known =
    [
        typeof(string), typeof(decimal), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan), typeof(Guid),
        typeof(Uri), typeof(Version), typeof(BigInteger), typeof(Complex), typeof(Half), typeof(Int128), typeof(UInt128), typeof(Index), typeof(Range),
        typeof(CancellationToken), typeof(GrainId), typeof(GrainType), typeof(IdSpan), typeof(GrainInterfaceType), typeof(ActivationId), typeof(TickStatus),
        typeof(DBNull), typeof(System.Text.Json.JsonElement),
    ];

    private static readonly HashSet<Type> KnownGenerics =
    [
        typeof(ImmutableArray<>), typeof(ImmutableList<>), typeof(ImmutableHashSet<>), typeof(ImmutableSortedSet<>), typeof(ImmutableQueue<>),
        typeof(ImmutableStack<>), typeof(ImmutableDictionary<,>), typeof(ImmutableSortedDictionary<,>), typeof(FrozenSet<>), typeof(FrozenDictionary<,>),
    ];

    /// <summary>True when nothing that a value of this declared type holds can change. False means: look at the value.</summary>
    public static bool IsProven(Type type)
    {
        if (Proven.TryGetValue(type, out var known))
        {
            return known;
        }

        return Proven.GetOrAdd(type, Prove(type, []));
    }

    private static bool Prove(Type type, HashSet<Type> open)
    {
        if (type.IsPrimitive || type.IsEnum || type.IsPointer || Known.Contains(type) || typeof(MemberInfo).IsAssignableFrom(type)
            || typeof(GrainReference).IsAssignableFrom(type) || type.IsDefined(typeof(ImmutableAttribute), inherit: false))
        {
            return true;
        }

        if (type.IsGenericType)
        {
            var definition = type.GetGenericTypeDefinition();
            if (definition == typeof(Immutable<>))
            {
                return true;
            }

            if (KnownGenerics.Contains(definition))
            {
                return type.GetGenericArguments().All(t => IsProvenWithin(t, open));
            }
        }

        if (type.IsArray || type.IsInterface || type.IsAbstract || (!type.IsValueType && !type.IsSealed) || typeof(Delegate).IsAssignableFrom(type))
        {
            return false;
        }

        if (!open.Add(type))
        {
            // It holds itself: whether that can change is decided by its other fields.
            return true;
        }

        var proven = FieldsOf(type).All(f => (type.IsValueType || f.IsInitOnly) && IsProvenWithin(f.FieldType, open));
        open.Remove(type);
        return proven;
    }

    private static bool IsProvenWithin(Type type, HashSet<Type> open) => Proven.TryGetValue(type, out var known) ? known : Prove(type, open);

    /// <summary>All instance fields, also private ones of base classes.</summary>
    public static IEnumerable<FieldInfo> FieldsOf(Type type)
    {
        for (var level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            foreach (var field in level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                yield return field;
            }
        }
    }
}
