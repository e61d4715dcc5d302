namespace EdgeFleet.Compression.Onnx;

/// <summary>Files that are mapped while a model is worked on; disposed when nothing of that model is looked at any more.</summary>
internal sealed class MappedFiles : IDisposable
{
    private readonly List<MappedFile> _files = [];

    /// <param name="path">A file that exists.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes, all of them within the file.</param>
    public ReadOnlyMemory<byte> Open(string path, long offset, int length)
    {
        var file = new MappedFile(path, offset, length);
        _files.Add(file);
        return file.Memory;
    }

    public void Dispose()
    {
        foreach (IDisposable file in _files)
        {
            file.Dispose();
        }

        _files.Clear();
    }
}
