using System.Runtime.InteropServices;

namespace Orleans.Runtime.Copying;

internal sealed class ArrayCopier<T> : ObjectCopier
{
    private static readonly bool ElementsAreImmutable = Immutability.IsProven(typeof(T));

    public override object Copy(object original, CopyContext context)
    {
        var copy = (T[])((T[])original).Clone();
        context.Remember(original, copy);
        if (!ElementsAreImmutable)
        {
            for (var i = 0; i < copy.Length; i++)
            {
                copy[i] = DeepCopy.CopyPart(copy[i], context);
            }
        }

        return copy;
    }
}

internal sealed class ListCopier<T> : ObjectCopier
{
    private static readonly bool ElementsAreImmutable = Immutability.IsProven(typeof(T));

    public override object Copy(object original, CopyContext context)
    {
        var copy = new List<T>((List<T>)original);
        context.Remember(original, copy);
        if (!ElementsAreImmutable)
        {
            foreach (ref var item in CollectionsMarshal.AsSpan(copy))
            {
                item = DeepCopy.CopyPart(item, context);
            }
        }

        return copy;
    }
}

/// <summary>Filled anew, because the hash of a copied key may differ.</summary>
internal sealed class DictionaryCopier<TKey, TValue> : ObjectCopier
    where TKey : notnull
{
    public override object Copy(object original, CopyContext context)
    {
        var from = (Dictionary<TKey, TValue>)original;
        var copy = new Dictionary<TKey, TValue>(from.Count, from.Comparer);
        context.Remember(original, copy);
        foreach (var (key, value) in from)
        {
            copy.Add(DeepCopy.CopyPart(key, context), DeepCopy.CopyPart(value, context));
        }

        return copy;
    }
}

/// <inheritdoc cref="DictionaryCopier{TKey,TValue}"/>
internal sealed class HashSetCopier<T> : ObjectCopier
{
    public override object Copy(object original, CopyContext context)
    {
        var from = (HashSet<T>)original;
        var copy = new HashSet<T>(from.Count, from.Comparer);
        context.Remember(original, copy);
        foreach (var item in from)
        {
            copy.Add(DeepCopy.CopyPart(item, context));
        }

        return copy;
    }
}
