using System.Buffers;
using System.Security.Cryptography;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Silo.Artifacts;

/// <summary>Bytes by their SHA-256. What is there is whole: temp file, fsync, rename, fsync of the folder.</summary>
/// <remarks>Layout: <c>ab/abcdef…</c> under the root, and <c>tmp/</c> for what is being written. Safe for concurrent use.</remarks>
internal sealed partial class ArtifactStore
{
    private const int BufferBytes = 128 * 1024;

    private readonly string _root;
    private readonly string _temp;

    /// <summary>Opens the store and removes what an interrupted write left.</summary>
    public ArtifactStore(string root, ILogger<ArtifactStore> logger)
    {
        _root = root;
        _temp = Path.Combine(root, "tmp");
        Directory.CreateDirectory(_temp);
        var left = 0;
        foreach (var file in Directory.EnumerateFiles(_temp))
        {
            File.Delete(file);
            left++;
        }

        if (left > 0)
        {
            LogRemoved(logger, left);
        }
    }

    /// <summary>Stores a stream.</summary>
    /// <param name="source">Read to its end.</param>
    /// <param name="limitBytes">More than this is refused, and nothing stays.</param>
    /// <exception cref="ArtifactTooLargeException">The stream is longer than the limit.</exception>
    public async Task<ArtifactRef> PutAsync(Stream source, long limitBytes, CancellationToken cancellationToken)
    {
        var temp = Path.Combine(_temp, Guid.NewGuid().ToString("n"));
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            Sha256Digest digest;
            long size = 0;
            await using (var file = new FileStream(temp, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: false))
            {
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                int read;
                while ((read = await source.ReadAsync(buffer, cancellationToken)) > 0)
                {
                    size += read;
                    if (size > limitBytes)
                    {
                        throw new ArtifactTooLargeException(limitBytes);
                    }

                    hash.AppendData(buffer, 0, read);
                    file.Write(buffer, 0, read);
                }

                digest = new Sha256Digest(Convert.ToHexStringLower(hash.GetHashAndReset()));
                file.Flush(flushToDisk: true);
            }

            MoveIn(temp, digest);
            return new ArtifactRef(digest, size);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            File.Delete(temp);
        }
    }

    public async Task<ArtifactRef> PutAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream(bytes.ToArray(), writable: false);
        return await PutAsync(stream, long.MaxValue, cancellationToken);
    }

    public async Task<ArtifactRef> PutFileAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, useAsync: true);
        return await PutAsync(file, long.MaxValue, cancellationToken);
    }

    /// <summary>The artifact, or null when there is none of this digest.</summary>
    public ArtifactRef? Find(Sha256Digest digest) => new FileInfo(PathOf(digest)) is { Exists: true } file ? new ArtifactRef(digest, file.Length) : null;

    /// <summary>Where the bytes lie; read only.</summary>
    /// <exception cref="FileNotFoundException">No such artifact.</exception>
    public string RequirePath(Sha256Digest digest) =>
        File.Exists(PathOf(digest)) ? PathOf(digest) : throw new FileNotFoundException($"No artifact {digest} in {_root}.");

    public FileStream OpenRead(Sha256Digest digest) =>
        new(RequirePath(digest), FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, FileOptions.Asynchronous | FileOptions.SequentialScan);

    /// <summary>Reads all bytes and compares their digest.</summary>
    /// <exception cref="InvalidDataException">The bytes on disk are not those that were stored.</exception>
    public async Task<byte[]> ReadVerifiedAsync(Sha256Digest digest, CancellationToken cancellationToken)
    {
        var bytes = await File.ReadAllBytesAsync(RequirePath(digest), cancellationToken);
        var found = Sha256Digest.Of(bytes);
        return found == digest
            ? bytes
            : throw new InvalidDataException($"Artifact {digest} is damaged on disk (its bytes hash to {found.Short}…): upload the model again.");
    }

    private string PathOf(Sha256Digest digest) => Path.Combine(_root, digest.Value[..2], digest.Value);

    private void MoveIn(string temp, Sha256Digest digest)
    {
        var path = PathOf(digest);
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        File.SetAttributes(temp, FileAttributes.ReadOnly);

        // Also over one that is there: the same bytes again heal an artifact that was damaged on disk.
        File.Move(temp, path, overwrite: true);
        DirectorySync.Flush(folder);
        DirectorySync.Flush(_root);
    }

    [LoggerMessage(EventId = 1201, Level = LogLevel.Information, Message = "Removed {Count} unfinished artifacts of an earlier run")]
    private static partial void LogRemoved(ILogger logger, int count);
}
