using System.Security.Cryptography;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.Agent.Install;

/// <summary>Artifacts on this device by digest. A file under its final name is whole: it got the name after it was hashed and flushed.</summary>
internal sealed class ArtifactStore(string folder)
{
    public string PathOf(Sha256Digest artifact) => Path.Combine(folder, artifact.Value);

    public bool Has(ArtifactRef artifact) => new FileInfo(PathOf(artifact.Sha256)) is { Exists: true } file && file.Length == artifact.SizeBytes;

    /// <summary>Begins or resumes a download.</summary>
    /// <exception cref="IOException">No room, or the disk refused.</exception>
    public PartialArtifact OpenPartial(ArtifactRef artifact, int chunkBytes) => PartialArtifact.Open(artifact, chunkBytes, PathOf(artifact.Sha256));

    /// <summary>Reads the bytes again and compares their digest: a disk can rot.</summary>
    public bool IsWhole(ArtifactRef artifact)
    {
        if (!Has(artifact))
        {
            return false;
        }

        using var stream = File.OpenRead(PathOf(artifact.Sha256));
        return Convert.ToHexStringLower(SHA256.HashData(stream)) == artifact.Sha256.Value;
    }

    public void Delete(Sha256Digest artifact) => File.Delete(PathOf(artifact));

    /// <summary>Deletes all but what is named: artifacts, downloads and left-over temporary files.</summary>
    /// <returns>Files deleted.</returns>
    public int Sweep(IEnumerable<Sha256Digest> keep)
    {
        var names = keep.Select(k => k.Value).ToHashSet();
        var deleted = 0;
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            var name = Path.GetFileName(file);
            var stem = name.Length > 64 ? name[..64] : name;
            if (!names.Contains(stem) || name.EndsWith(".tmp", StringComparison.Ordinal))
            {
                File.Delete(file);
                deleted++;
            }
        }

        return deleted;
    }
}
