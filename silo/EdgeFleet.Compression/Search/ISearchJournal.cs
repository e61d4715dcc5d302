using EdgeFleet.Compression.Pipeline;

namespace EdgeFleet.Compression.Search;

/// <summary>Where measured candidates are kept, so that a search that was stopped goes on where it was.</summary>
public interface ISearchJournal
{
    /// <summary>Candidates measured earlier under the same key: the digest of model, samples, target and engine.</summary>
    IReadOnlyList<StudyCandidate> Load(string key);

    /// <summary>Keeps one, before the next begins.</summary>
    void Append(string key, StudyCandidate candidate);
}
