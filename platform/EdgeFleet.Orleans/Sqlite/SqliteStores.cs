namespace EdgeFleet.Platform.Orleans;

/// <summary>The open databases of a silo, by file: providers that share a file share its writer.</summary>
internal sealed class SqliteStores : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SqliteStore> _stores = [];

    /// <exception cref="SqliteStorageException">It cannot be opened.</exception>
    public SqliteStore Of(string path)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new SqliteStorageException(SqliteFailure.NotPermitted, "SqliteStorageOptions.Path is empty: set it to the file that grain state is to be kept in.");
        }

        var full = Path.GetFullPath(path);
        lock (_gate)
        {
            if (!_stores.TryGetValue(full, out var store))
            {
                store = new SqliteStore(full);
                _stores.Add(full, store);
            }

            return store;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var store in _stores.Values)
            {
                store.Dispose();
            }

            _stores.Clear();
        }
    }
}
