using System.Reflection;
using Orleans.Concurrency;

namespace Orleans.Runtime.Calls;

/// <summary>What the runtime knows of one method of a grain interface.</summary>
internal sealed class MethodShape
{
    public MethodShape(Type interfaceType, MethodInfo method)
    {
        Method = method;
        Name = $"{interfaceType.Name}.{method.Name}";
        IsOneWay = method.IsDefined(typeof(OneWayAttribute)) || method.ReturnType == typeof(void);
        IsAlwaysInterleave = method.IsDefined(typeof(AlwaysInterleaveAttribute));
        IsReadOnly = method.IsDefined(typeof(ReadOnlyAttribute));
        Timeout = (method.GetCustomAttribute<ResponseTimeoutAttribute>() ?? method.DeclaringType!.GetCustomAttribute<ResponseTimeoutAttribute>())?.Timeout;
    }

    public MethodInfo Method { get; }

    public string Name { get; }

    public bool IsOneWay { get; }

    public bool IsAlwaysInterleave { get; }

    public bool IsReadOnly { get; }

    /// <summary>Null means the silo's.</summary>
    public TimeSpan? Timeout { get; }
}
