using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Search;
using Microsoft.Win32.SafeHandles;

namespace EdgeFleet.Silo.Commands;

/// <summary>
/// A search's measured candidates, one JSON line each, beside the file that is to be made: a search that was stopped goes on there.
/// A line that was cut off, or is of another model, other samples or another engine, is passed over.
/// </summary>
internal sealed class SearchJournalFile(string path) : ISearchJournal
{
    private const long MostBytes = 64 << 20;

    /// <summary>A figure that is no number is kept as one.</summary>
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public IReadOnlyList<StudyCandidate> Load(string key)
    {
        if (!File.Exists(path) || new FileInfo(path).Length > MostBytes)
        {
            return [];
        }

        var candidates = new List<StudyCandidate>();
        foreach (var line in File.ReadLines(path))
        {
            try
            {
                if (JsonSerializer.Deserialize<Entry>(line, s_json) is { Candidate: { Name: not null, Recipe: not null } } entry && entry.Key == key)
                {
                    candidates.Add(entry.Candidate);
                }
            }
            catch (JsonException)
            {
                // Cut off when the process ended: that candidate is measured again.
            }
        }

        return candidates;
    }

    /// <exception cref="IOException">There is no room for the line; those before it are as they were.</exception>
    public void Append(string key, StudyCandidate candidate)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(new Entry(key, candidate), s_json);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var end = RandomAccess.GetLength(file);
        try
        {
            // A line that was cut off when the process ended would take this one with it.
            RandomAccess.Write(file, [.. IsWhole(file, end) ? ""u8 : "\n"u8, .. line, (byte)'\n'], end);
        }
        catch (IOException e)
        {
            RandomAccess.SetLength(file, end);
            throw new IOException(
                $"What the search measured cannot be kept: {e.Message} {Path.GetFileName(path)} holds what was measured before; make room, and the same command goes on from there.", e);
        }
    }

    private static bool IsWhole(SafeFileHandle file, long end)
    {
        Span<byte> last = stackalloc byte[1];
        return end == 0 || (RandomAccess.Read(file, last, end - 1) == 1 && last[0] == (byte)'\n');
    }

    /// <summary>The search is over.</summary>
    public void Remove() => File.Delete(path);

    private sealed record Entry(string Key, StudyCandidate? Candidate);
}
