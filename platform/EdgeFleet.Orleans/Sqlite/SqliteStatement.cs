using SQLitePCL;

namespace EdgeFleet.Platform.Orleans;

/// <summary>A prepared statement. Parameters are numbered from 1, columns from 0.</summary>
internal sealed class SqliteStatement(SqliteConnection connection, sqlite3_stmt handle) : IDisposable
{
    public SqliteStatement Bind(int index, long value)
    {
        connection.Check(raw.sqlite3_bind_int64(handle, index, value));
        return this;
    }

    public SqliteStatement Bind(int index, string value)
    {
        connection.Check(raw.sqlite3_bind_text(handle, index, value));
        return this;
    }

    public SqliteStatement Bind(int index, ReadOnlySpan<byte> value)
    {
        connection.Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(handle, index, 0) : raw.sqlite3_bind_blob(handle, index, value));
        return this;
    }

    /// <summary>Runs to the end, and returns how many rows were changed.</summary>
    public int Run()
    {
        try
        {
            int code;
            while ((code = raw.sqlite3_step(handle)) == raw.SQLITE_ROW)
            {
            }

            connection.Check(code);
            return connection.Changes;
        }
        finally
        {
            raw.sqlite3_reset(handle);
        }
    }

    /// <summary>The first row, or what stands for none.</summary>
    public T Query<T>(Func<SqliteStatement, T> row, T absent)
    {
        try
        {
            var code = raw.sqlite3_step(handle);
            connection.Check(code);
            return code == raw.SQLITE_ROW ? row(this) : absent;
        }
        finally
        {
            raw.sqlite3_reset(handle);
        }
    }

    public List<T> QueryAll<T>(Func<SqliteStatement, T> row)
    {
        var rows = new List<T>();
        try
        {
            int code;
            while ((code = raw.sqlite3_step(handle)) == raw.SQLITE_ROW)
            {
                rows.Add(row(this));
            }

            connection.Check(code);
            return rows;
        }
        finally
        {
            raw.sqlite3_reset(handle);
        }
    }

    public long Int64(int column) => raw.sqlite3_column_int64(handle, column);

    public string Text(int column) => raw.sqlite3_column_text(handle, column).utf8_to_string();

    public byte[] Blob(int column) => raw.sqlite3_column_blob(handle, column).ToArray();

    public void Dispose() => handle.Dispose();
}
