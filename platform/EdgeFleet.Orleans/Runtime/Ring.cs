using System.Diagnostics.CodeAnalysis;

namespace Orleans.Runtime;

/// <summary>A queue in an array that grows, and is let go when it is empty after it was large. Takes no memory before first use.</summary>
internal struct Ring<T>
    where T : class
{
    private const int Small = 4;
    private const int Large = 64;

    private T?[]? _items;
    private int _head;

    public int Count { get; private set; }

    public readonly T this[int index] => _items![(_head + index) & (_items.Length - 1)]!;

    public void Add(T item)
    {
        if (_items is null || Count == _items.Length)
        {
            Grow();
        }

        _items![(_head + Count) & (_items.Length - 1)] = item;
        Count++;
    }

    public bool TryTake([NotNullWhen(true)] out T? item)
    {
        if (Count == 0)
        {
            item = null;
            return false;
        }

        ref var slot = ref _items![_head];
        item = slot!;
        slot = null;
        _head = (_head + 1) & (_items.Length - 1);
        if (--Count == 0 && _items.Length > Large)
        {
            _items = null;
            _head = 0;
        }

        return true;
    }

    /// <summary>Those behind move up.</summary>
    public T RemoveAt(int index)
    {
        var item = this[index];
        var mask = _items!.Length - 1;
        for (var i = index; i < Count - 1; i++)
        {
            _items[(_head + i) & mask] = _items[(_head + i + 1) & mask];
        }

        _items[(_head + Count - 1) & mask] = null;
        Count--;
        return item;
    }

    private void Grow()
    {
        var larger = new T?[_items is null ? Small : _items.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            larger[i] = this[i];
        }

        _items = larger;
        _head = 0;
    }
}
