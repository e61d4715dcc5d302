using Orleans.Runtime;

namespace Orleans;

/// <summary>The name of a grain class in grain ids and in storage. Without it, the class's name in lower case without "Grain" at the end.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class GrainTypeAttribute(string grainType) : Attribute
{
    private readonly GrainType _type = GrainType.Create(grainType);

    public GrainType GetGrainType(IServiceProvider services, Type type) => _type;
}

/// <summary>Activations of this class are never collected for idleness.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class KeepAliveAttribute : Attribute;

/// <summary>How long a call of this method, or of this interface's methods, may take, in place of the silo's limit. Format of <see cref="TimeSpan.Parse(string)"/>.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Interface)]
public sealed class ResponseTimeoutAttribute(string timeout) : Attribute
{
    public TimeSpan? Timeout { get; } = TimeSpan.Parse(timeout);
}

/// <summary>How long an activation of this class stays when nobody calls it, in place of the silo's limit. At least one minute.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CollectionAgeLimitAttribute : Attribute
{
    public static readonly TimeSpan MinAgeLimit = TimeSpan.FromMinutes(1);

    private readonly TimeSpan? _age;

    public CollectionAgeLimitAttribute()
    {
    }

    /// <param name="inactivityPeriod">Format of <see cref="TimeSpan.Parse(string)"/>.</param>
    public CollectionAgeLimitAttribute(string inactivityPeriod) => _age = TimeSpan.Parse(inactivityPeriod);

    public double Days { get; init; }

    public double Hours { get; init; }

    public double Minutes { get; init; }

    /// <summary>Never collected.</summary>
    public bool AlwaysActive { get; init; }

    public TimeSpan AgeLimit
    {
        get
        {
            if (AlwaysActive)
            {
                return TimeSpan.MaxValue;
            }

            var age = _age ?? TimeSpan.FromDays(Days) + TimeSpan.FromHours(Hours) + TimeSpan.FromMinutes(Minutes);
            return age < MinAgeLimit ? MinAgeLimit : age;
        }
    }
}
