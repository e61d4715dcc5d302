using System.Reflection;

namespace EdgeFleet.Tests.Contracts;

/// <summary>Makes any wire record, filled from a seed: every constructor parameter and every settable property.</summary>
internal sealed class Examples(int seed)
{
    private readonly Random _random = new(seed);

    public object Make(Type type, int depth = 0)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Make(inner, depth);
        }

        if (type.IsEnum)
        {
            var values = Enum.GetValues(type);
            return values.GetValue(_random.Next(values.Length))!;
        }

        return type switch
        {
            _ when type == typeof(string) => Text(),
            _ when type == typeof(bool) => _random.Next(2) == 0,
            _ when type == typeof(int) => _random.Next(int.MinValue, int.MaxValue),
            _ when type == typeof(long) => _random.NextInt64(-1L << 53, 1L << 53),
            _ when type == typeof(float) => (float)(_random.NextDouble() * 1000),
            _ when type == typeof(double) => _random.Next(8) == 0 ? double.NaN : _random.NextDouble() * Math.Pow(10, _random.Next(-9, 9)),
            _ when type == typeof(Guid) => new Guid(Bytes(16)),
            _ when type == typeof(byte[]) => Bytes(_random.Next(64)),
            _ when type == typeof(TimeSpan) => TimeSpan.FromTicks(_random.NextInt64(TimeSpan.TicksPerDay)),
            _ when type == typeof(DateTimeOffset) => DateTimeOffset.UnixEpoch.AddTicks(_random.NextInt64(TimeSpan.TicksPerDay * 20_000)),
            _ when type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) => List(type.GetGenericArguments()[0], depth),
            _ when type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) => Map(type.GetGenericArguments(), depth),
            _ when type.Name is "DeviceId" or "RolloutId" => Activator.CreateInstance(type, $"id-{_random.Next(1000)}")!,
            _ when type.Name == "ModelId" => Activator.CreateInstance(type, $"model:{_random.Next(1000)}")!,
            _ when type.Name == "Sha256Digest" => Activator.CreateInstance(type, Convert.ToHexStringLower(Bytes(32)))!,
            _ when type.Name == "CompressionProfile" => Profile(),
            _ => Record(type, depth + 1),
        };
    }

    private static object? OrNull(object? value, bool isNull) => isNull ? null : value;

    private object Record(Type type, int depth)
    {
        var constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length)!;
        var nullability = new NullabilityInfoContext();
        var arguments = constructor.GetParameters()
            .Select(p => OrNull(Make(p.ParameterType, depth), nullability.Create(p).WriteState == NullabilityState.Nullable && _random.Next(3) == 0))
            .ToArray();
        var made = constructor.Invoke(arguments);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite && constructor.GetParameters().All(a => a.Name != p.Name)))
        {
            property.SetValue(made, Make(property.PropertyType, depth));
        }

        return made;
    }

    private object List(Type item, int depth)
    {
        var list = Array.CreateInstance(item, depth > 4 ? 0 : _random.Next(3));
        for (var i = 0; i < list.Length; i++)
        {
            list.SetValue(Make(item, depth + 1), i);
        }

        return list;
    }

    private object Map(Type[] arguments, int depth)
    {
        var map = (System.Collections.IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(arguments))!;
        for (var i = _random.Next(3); i > 0; i--)
        {
            map[Make(arguments[0], depth)] = Make(arguments[1], depth);
        }

        return map;
    }

    private object Profile()
    {
        var all = EdgeFleet.Contracts.Models.CompressionProfile.All;
        return all[_random.Next(all.Count)];
    }

    private string Text() => string.Concat(Enumerable.Range(0, _random.Next(12)).Select(_ => "aZ9 \"\\\n\u0000é漢😀<>&/+#".EnumerateRunes().ElementAt(_random.Next(17))));

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }
}
