using System.IO.MemoryMappedFiles;

namespace EdgeFleet.Fuzz;

/// <summary>Three numbers in a file that outlive the process which writes them.</summary>
internal sealed class WorkerSlot : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public WorkerSlot(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, 24);
        _view = _file.CreateViewAccessor();
    }

    /// <summary>Input at hand.</summary>
    public long Index
    {
        get => _view.ReadInt64(0);
        set => _view.Write(0, value);
    }

    public long Done
    {
        get => _view.ReadInt64(8);
        set => _view.Write(8, value);
    }

    public long Accepted
    {
        get => _view.ReadInt64(16);
        set => _view.Write(16, value);
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
