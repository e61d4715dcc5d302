using System.Collections.Concurrent;

namespace Orleans.Runtime.Copying;

/// <summary>One copy operation: remembers what was copied, so that shared and circular references keep their shape.</summary>
internal sealed class CopyContext
{
    /// <summary>Deeper structures are refused: they would overflow the stack.</summary>
    private const int MaxDepth = 500;

    private static readonly ConcurrentDictionary<Type, ObjectCopier> Copiers = new();

    private Dictionary<object, object>? _copies;
    private object? _firstOriginal;
    private object? _firstCopy;
    private int _depth;

    public object CopyObject(object original)
    {
        var type = original.GetType();
        var copier = Copiers.GetOrAdd(type, static t => ObjectCopier.For(t));
        if (copier.IsIdentity)
        {
            return original;
        }

        if (ReferenceEquals(original, _firstOriginal))
        {
            return _firstCopy!;
        }

        if (_copies is not null && _copies.TryGetValue(original, out var known))
        {
            return known;
        }

        if (++_depth > MaxDepth)
        {
            throw new NotSupportedException($"An argument or result is nested more than {MaxDepth} objects deep (here a {type}).");
        }

        var copy = copier.Copy(original, this);
        _depth--;
        return copy;
    }

    /// <summary>Called by copiers as soon as the copy exists, before its parts are copied.</summary>
    public void Remember(object original, object copy)
    {
        if (_firstOriginal is null)
        {
            (_firstOriginal, _firstCopy) = (original, copy);
            return;
        }

        (_copies ??= new(ReferenceEqualityComparer.Instance))[original] = copy;
    }
}
