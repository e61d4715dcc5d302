using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace EdgeFleet.Compression.Onnx;

/// <summary>
/// Takes constants out of memory as they are made: writes them to files one after another, where they are mapped until the model is
/// written. So a model in the making costs the memory of the tensor that is worked on. Not safe for concurrent use.
/// </summary>
/// <param name="folder">Where the files go.</param>
/// <param name="mapped">Lives as long as what was kept is looked at.</param>
/// <param name="kept">Told of all bytes kept so far after each constant; what it throws ends the work.</param>
internal sealed class ConstantSpool(string folder, MappedFiles mapped, Action<long>? kept = null) : IDisposable
{
    /// <summary>Smaller constants stay in memory.</summary>
    public const int LeastBytes = 64 * 1024;

    /// <summary>Of one file. Its room is claimed as it is written, so that a full disk is an exception and nothing worse.</summary>
    private const long FileBytes = 1L << 30;

    /// <summary>Garbage of large arrays is cleared away after so many bytes kept: left alone, it comes to several times as much.</summary>
    private const long GarbageBytes = 16L << 20;

    private const int Alignment = 4096;

    private SafeFileHandle? _file;
    private string _path = "";
    private int _files;
    private long _position;
    private long _end;
    private long _garbage;

    /// <summary>Bytes kept.</summary>
    public long Length { get; private set; }

    /// <returns>The same bytes, mapped; those of a few kept in memory.</returns>
    /// <exception cref="IOException">The disk is full, or refused.</exception>
    public ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < LeastBytes)
        {
            return bytes.ToArray();
        }

        if (_file is null || bytes.Length > _end - _position)
        {
            Next(bytes.Length);
        }

        RandomAccess.Write(_file!, bytes, _position);
        var memory = mapped.Open(_path, _position, bytes.Length);
        _position = (_position + bytes.Length + Alignment - 1) / Alignment * Alignment;
        Length += bytes.Length;
        _garbage += bytes.Length;
        if (_garbage >= GarbageBytes)
        {
            _garbage = 0;
            GC.Collect(2, GCCollectionMode.Forced, blocking: true);
        }

        kept?.Invoke(Length);
        return memory;
    }

    /// <summary>Deletes the files; what was kept must not be looked at any more.</summary>
    public void Delete()
    {
        Dispose();
        for (var i = 0; i < _files; i++)
        {
            File.Delete(PathOf(i));
        }
    }

    public void Dispose() => _file?.Dispose();

    private string PathOf(int index) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"constants.{index}"));

    private void Next(int least)
    {
        _file?.Dispose();
        _path = PathOf(_files++);
        (_position, _end) = (0, Math.Max(FileBytes, least));
        _file = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);

        // Mapped whole at once; what was not written yet takes no room.
        RandomAccess.SetLength(_file, _end);
    }
}
