namespace EdgeFleet.Compression.Calibration;

/// <summary>
/// Takes bytes as they come, to be read at any place later: in memory up to 8 MB, beyond that in a temporary file which the system
/// removes when it is closed, also when the process is killed.
/// </summary>
internal sealed class SampleSpool : IDisposable
{
    private const int MostInMemory = 8 << 20;
    private readonly string _name;
    private readonly long _most;
    private MemoryStream? _memory = new();
    private FileStream? _file;

    /// <param name="name">What is spooled, for messages.</param>
    /// <param name="most">Bytes allowed.</param>
    public SampleSpool(string name, long most = SampleFile.MostSpooledBytes)
    {
        _name = name;
        _most = most;
    }

    public long Length => _file?.Length ?? _memory!.Length;

    /// <exception cref="CalibrationDataException">It would be more than is allowed, or there is no room.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (Length + bytes.Length > _most)
        {
            throw new CalibrationDataException($"{_name} unpacks to more than {_most} bytes.", _name);
        }

        try
        {
            if (_memory is not null && Length + bytes.Length > MostInMemory)
            {
                _file = Temporary();
                _memory.WriteTo(_file);
                _memory.Dispose();
                _memory = null;
            }

            ((Stream?)_file ?? _memory!).Write(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CalibrationDataException($"{_name} needs room in the folder for temporary files ({Path.GetTempPath()}): {e.Message}", _name, e);
        }
    }

    /// <exception cref="CalibrationDataException">It would be more than is allowed, or there is no room.</exception>
    public void Write(Stream stream)
    {
        var chunk = new byte[1 << 16];
        for (int read; (read = stream.Read(chunk)) > 0;)
        {
            Write(chunk.AsSpan(0, read));
        }
    }

    /// <summary>Ends writing. What was written belongs to the store from here on.</summary>
    public SampleStore ToStore()
    {
        if (_file is null)
        {
            return SampleStore.Of(_memory!.ToArray());
        }

        _file.Flush();
        var store = SampleStore.Of(_file.SafeFileHandle, _name);
        _file = null;
        _memory = new();
        return store;
    }

    public void Dispose()
    {
        _memory?.Dispose();
        _file?.Dispose();
    }

    private static FileStream Temporary()
    {
        var path = Path.Combine(Path.GetTempPath(), $"edgefleet-samples-{Path.GetRandomFileName()}");
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read | FileShare.Delete,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 0,
        });
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(path);
        }

        return file;
    }
}
