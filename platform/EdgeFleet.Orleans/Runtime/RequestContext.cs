namespace Orleans.Runtime;

/// <summary>Values that go along with calls, to the grains which those call in turn. They do not come back.</summary>
public static class RequestContext
{
    private static readonly AsyncLocal<ContextValues?> Current = new();

    public static IEnumerable<string> Keys => Current.Value?.Values.Keys ?? Enumerable.Empty<string>();

    public static IEnumerable<KeyValuePair<string, object>> Entries => Current.Value?.Values ?? Enumerable.Empty<KeyValuePair<string, object>>();

    /// <summary>Names the chain of calls in which re-entry is allowed; empty when it is not.</summary>
    public static Guid ReentrancyId
    {
        get => Current.Value?.ReentrancyId ?? Guid.Empty;
        set => Current.Value = With(Current.Value?.Values, value);
    }

    /// <summary>Until disposed, grains which are called from here, and what they call, may call this activation back.</summary>
    public static ReentrancySection AllowCallChainReentrancy()
    {
        var before = ReentrancyId;
        var id = before == Guid.Empty ? Guid.NewGuid() : before;
        ReentrancyId = id;
        RuntimeContext.Current?.EnterReentrantSection(id);
        return new ReentrancySection(before, id);
    }

    /// <summary>Until disposed, calls from here do not carry the right to call back.</summary>
    public static ReentrancySection SuppressCallChainReentrancy()
    {
        var before = ReentrancyId;
        ReentrancyId = Guid.Empty;
        return new ReentrancySection(before, Guid.Empty);
    }

    /// <summary>Null when there is none.</summary>
    public static object? Get(string key) => Current.Value is { } context && context.Values.TryGetValue(key, out var value) ? value : null;

    public static void Set(string key, object value)
    {
        var values = Current.Value is { } context ? new Dictionary<string, object>(context.Values) : [];
        values[key] = value;
        Current.Value = With(values, ReentrancyId);
    }

    public static bool Remove(string key)
    {
        if (Current.Value is not { } context || !context.Values.ContainsKey(key))
        {
            return false;
        }

        var values = new Dictionary<string, object>(context.Values);
        values.Remove(key);
        Current.Value = With(values, context.ReentrancyId);
        return true;
    }

    public static void Clear() => Current.Value = null;

    /// <summary>What a call takes along; immutable, since every change replaces it.</summary>
    internal static ContextValues? Export() => Current.Value;

    internal static void Import(ContextValues? values) => Current.Value = values;

    private static ContextValues? With(Dictionary<string, object>? values, Guid reentrancyId) =>
        (values is null || values.Count == 0) && reentrancyId == Guid.Empty ? null : new ContextValues(values ?? [], reentrancyId);

    /// <summary>Restores what was before.</summary>
    public readonly struct ReentrancySection(Guid originalReentrancyId, Guid newReentrancyId) : IDisposable
    {
        public void Dispose()
        {
            if (originalReentrancyId == Guid.Empty && newReentrancyId != Guid.Empty)
            {
                RuntimeContext.Current?.LeaveReentrantSection(newReentrancyId);
            }

            ReentrancyId = originalReentrancyId;
        }
    }
}

internal sealed record ContextValues(Dictionary<string, object> Values, Guid ReentrancyId);
