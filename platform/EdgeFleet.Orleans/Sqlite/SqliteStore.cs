using System.Collections.Concurrent;
using Orleans.Runtime;

namespace EdgeFleet.Platform.Orleans;

/// <summary>
/// One database file with one writer. Writes that arrive while a transaction is being made durable go into the next one together
/// (group commit): each costs a share of an fsync, and none returns before it is durable. Reads run beside it, on connections of their own.
/// </summary>
internal sealed class SqliteStore : IDisposable
{
    /// <summary>Writes that may wait. Each belongs to a turn that awaits it, so that this is met only when the disk stands still.</summary>
    private const int QueueLimit = 100_000;

    /// <summary>Writes in one transaction: bounds how long the first of them waits for the last.</summary>
    private const int BatchLimit = 1024;

    private readonly object _gate = new();
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly SqliteConnection _connection;
    private readonly SqliteVersions _versions;
    private readonly FileStream _ownership;
    private readonly Thread _writer;
    private Queue<SqliteWrite> _queue = new();
    private bool _stopping;

    public SqliteStore(string path)
    {
        SQLitePCL.Batteries_V2.Init();
        FilePath = path;
        _ownership = TakeOwnership(path);
        try
        {
            _connection = new SqliteConnection(path, readOnly: false);
            SqliteSchema.Create(_connection);
            _versions = new SqliteVersions(_connection);
        }
        catch
        {
            _connection?.Dispose();
            _ownership.Dispose();
            throw;
        }

        _writer = new Thread(WriteAll) { IsBackground = true, Name = $"sqlite {Path.GetFileName(path)}" };
        _writer.Start();
    }

    public string FilePath { get; }

    /// <summary>Transactions so far.</summary>
    public long Commits { get; private set; }

    /// <summary>Returns when the write is durable, or has failed.</summary>
    public void Enqueue(SqliteWrite write)
    {
        lock (_gate)
        {
            if (_stopping)
            {
                write.Fail(new SqliteStorageException(SqliteFailure.Other, $"{FilePath} is closed: the silo has stopped."));
            }
            else if (_queue.Count >= QueueLimit)
            {
                write.Fail(new LimitExceededException("SqliteStore.Queue", _queue.Count, QueueLimit, $"Writes to {FilePath} wait for the disk."));
            }
            else
            {
                _queue.Enqueue(write);
                if (_queue.Count == 1)
                {
                    Monitor.Pulse(_gate);
                }
            }
        }
    }

    /// <summary>Sees everything that has been committed.</summary>
    public T Read<T>(Func<SqliteConnection, T> read)
    {
        if (!_readers.TryTake(out var connection))
        {
            connection = new SqliteConnection(FilePath, readOnly: true);
        }

        try
        {
            return read(connection);
        }
        finally
        {
            _readers.Add(connection);
        }
    }

    /// <summary>Writes what waits, and closes.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            _stopping = true;
            Monitor.Pulse(_gate);
        }

        _writer.Join();
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        _connection.Dispose();
        _ownership.Dispose();
    }

    /// <summary>A second silo on the same file would overwrite the first one's state: a lock file, which the system lets go when the process dies, keeps it out.</summary>
    private static FileStream TakeOwnership(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new SqliteStorageException(SqliteFailure.NotPermitted, $"{path} may not be written by this user: {e.Message} Give the silo a folder that it owns.", e);
        }
        catch (IOException e) when (File.Exists(path + ".lock"))
        {
            throw new SqliteStorageException(
                SqliteFailure.Locked, $"{path} is in use by another process: stop that silo, or give this one another data folder.", e);
        }
        catch (IOException e)
        {
            throw new SqliteStorageException(SqliteFailure.NotPermitted, $"{path} cannot be made: {e.Message}", e);
        }
    }

    private void WriteAll()
    {
        var batch = new Queue<SqliteWrite>();
        while (true)
        {
            lock (_gate)
            {
                while (_queue.Count == 0 && !_stopping)
                {
                    Monitor.Wait(_gate);
                }

                if (_queue.Count == 0)
                {
                    return;
                }

                (batch, _queue) = (_queue, batch);
            }

            while (batch.Count > 0)
            {
                Commit(batch);
            }
        }
    }

    private void Commit(Queue<SqliteWrite> batch)
    {
        var done = new List<SqliteWrite>(Math.Min(batch.Count, BatchLimit));
        SqliteStorageException? failure = null;
        try
        {
            _connection.Execute("BEGIN IMMEDIATE");
            while (done.Count < BatchLimit && batch.TryDequeue(out var write))
            {
                done.Add(write);
                Apply(write);
            }

            _versions.Save(_connection);
            _connection.Execute("COMMIT");
            Commits++;
        }
        catch (SqliteStorageException e)
        {
            failure = e;
            _connection.RollBack();
            _versions.OnRolledBack();
            if (done.Count == 0)
            {
                // Not even begun: the whole queue would wait again for nothing.
                done.AddRange(batch);
                batch.Clear();
            }
        }

        foreach (var write in done)
        {
            if (failure is null)
            {
                write.Complete();
            }
            else
            {
                write.Fail(new SqliteStorageException(failure.Failure, failure.Message, failure));
            }
        }
    }

    /// <summary>A write that fails by itself fails alone, as long as the transaction stands.</summary>
    private void Apply(SqliteWrite write)
    {
        try
        {
            write.Apply(_connection, _versions);
        }
        catch (SqliteStorageException e) when (_connection.IsInTransaction)
        {
            write.Reject(e);
        }
    }
}
