using System.Text;
using EdgeFleet.OnnxRuntime.Native;

namespace EdgeFleet.OnnxRuntime;

public sealed unsafe partial class OrtValue
{
    /// <summary>Number of items of a sequence (a map has two: its keys and its values).</summary>
    /// <exception cref="OrtException">It is neither.</exception>
    public int Count
    {
        get
        {
            using var use = new OrtUse(Handle);
            nuint count;
            api.Check(api.GetValueCount(use.Value, &count));
            return checked((int)count);
        }
    }

    /// <summary>A copy of item <paramref name="index"/> of a sequence; of a map, 0 is its keys and 1 its values.</summary>
    /// <exception cref="OrtException">There is no such item.</exception>
    public OrtValue Item(int index)
    {
        using var use = new OrtUse(Handle);
        nint item;
        api.Check(api.GetValue(use.Value, index, api.Allocator, &item));
        return Take(api, item);
    }

    /// <summary>The elements of a string tensor, row-major.</summary>
    /// <exception cref="InvalidOperationException">It is no string tensor.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public string[] GetStrings()
    {
        if (ElementType != OrtElementType.String)
        {
            throw new InvalidOperationException($"The elements are {Describe()}, not strings.");
        }

        using var use = new OrtUse(Handle);
        nuint length;
        api.Check(api.GetStringTensorDataLength(use.Value, &length));
        var count = checked((int)ElementCount);
        var bytes = new byte[checked((int)length)];
        var offsets = new nuint[count];
        byte none;
        nuint noOffset;
        fixed (byte* content = bytes)
        fixed (nuint* starts = offsets)
        {
            api.Check(api.GetStringTensorContent(
                use.Value, content == null ? &none : content, length, starts == null ? &noOffset : starts, (nuint)count));
        }

        var result = new string[count];
        for (var i = 0; i < count; i++)
        {
            var end = i + 1 < count ? (int)offsets[i + 1] : bytes.Length;
            result[i] = Encoding.UTF8.GetString(bytes.AsSpan((int)offsets[i]..end));
        }

        return result;
    }
}
