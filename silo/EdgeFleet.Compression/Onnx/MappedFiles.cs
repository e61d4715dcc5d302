namespace EdgeFleet.Compression.Onnx;

/// <summary>
/// Files that are mapped while a model is worked on, each once; disposed when nothing of that model is looked at any more. Of what was
/// looked at no more than <see cref="ResidentBytes"/> stays resident (and the one tensor that is looked at), however large the files.
/// </summary>
internal sealed class MappedFiles : IDisposable
{
    /// <summary>Bytes of mapped tensors that may be in memory.</summary>
    public const long ResidentBytes = 256L << 20;

    private readonly Dictionary<string, MappedFile> _files = [];
    private readonly List<MappedSlice> _touched = [];
    private readonly Lock _lock = new();
    private long _resident;

    /// <param name="path">A file that exists; of the same size whenever it is asked for.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes, all of them within the file; at least 1.</param>
    public ReadOnlyMemory<byte> Open(string path, long offset, int length)
    {
        if (!_files.TryGetValue(path, out var file))
        {
            _files[path] = file = new MappedFile(path);
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, file.Length - length);
        return new MappedSlice(this, file, offset, length).Memory;
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }

        _files.Clear();
    }

    internal void Touched(MappedSlice slice)
    {
        lock (_lock)
        {
            if (_resident + slice.Length > ResidentBytes)
            {
                _touched.ForEach(s => s.Forget());
                _touched.Clear();
                _resident = 0;
            }

            _touched.Add(slice);
            _resident += slice.Length;
        }
    }
}
