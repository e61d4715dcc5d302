using System.Text.Json;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Search;

namespace EdgeFleet.Silo.Commands;

/// <summary>
/// A search's measured candidates, one JSON line each, beside the file that is to be made: a search that was stopped goes on there.
/// A line that was cut off, or is of another model, other samples or another engine, is passed over.
/// </summary>
internal sealed class SearchJournalFile(string path) : ISearchJournal
{
    private const long MostBytes = 64 << 20;

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
                if (JsonSerializer.Deserialize<Entry>(line, JsonSerializerOptions.Web) is { Candidate: { Name: not null, Recipe: not null } } entry && entry.Key == key)
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

    public void Append(string key, StudyCandidate candidate) =>
        File.AppendAllText(path, JsonSerializer.Serialize(new Entry(key, candidate), JsonSerializerOptions.Web) + "\n");

    /// <summary>The search is over.</summary>
    public void Remove() => File.Delete(path);

    private sealed record Entry(string Key, StudyCandidate? Candidate);
}
