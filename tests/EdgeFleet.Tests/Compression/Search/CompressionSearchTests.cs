using EdgeFleet.Compression.Onnx;
using EdgeFleet.Compression.Pipeline;
using EdgeFleet.Compression.Search;

namespace EdgeFleet.Tests.Compression.Search;

public sealed class CompressionSearchTests
{
    [Theory]
    [InlineData("resnet8-fashion-bn", "at most 0.5 points lost, under 100 kB, smallest")]
    [InlineData("lenet-mnist", "at most 0.5 points lost, at most 30 % of the size, smallest")]
    public void A_goal_in_words_is_reached_and_explained(string model, string goal)
    {
        var found = Search(Request(model, goal));
        found.IsReached.ShouldBeTrue(found.Study.Verdict);
        found.Best!.RefusedBecause.ShouldBeNull();
        found.Study.Candidates.Count.ShouldBeGreaterThan(5);
        found.Study.Candidates.Where((_, i) => i != found.Study.Winner).ShouldAllBe(c => c.RejectedBecause != null);
        found.Study.Candidates[found.Study.Winner!.Value].RejectedBecause.ShouldBeNull();
        found.Study.Verdict.ShouldContain(found.Study.Candidates[found.Study.Winner.Value].Name);
        found.Study.Layers.ShouldNotBeEmpty();
        found.Best.Golden.Cases.ShouldNotBeEmpty();
        OnnxModel.Read(found.Best.Model).Graph.Nodes.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_goal_that_nothing_reaches_gives_the_closest_with_the_reason()
    {
        var found = Search(Request("lenet-mnist", "at most 0.1 points lost, under 2 kB, smallest") with { MostCandidates = 4 });
        found.IsReached.ShouldBeFalse();
        found.Study.Closest.ShouldNotBeNull();
        found.Best!.RefusedBecause!.ShouldContain("bytes");
        found.Study.Verdict.ShouldContain("No candidate reaches the goal");
    }

    [Fact]
    public void A_search_that_was_stopped_goes_on_where_it_was_and_ends_with_the_same_file()
    {
        var journal = new Journal();
        var request = Request("lenet-mnist", "at most 0.5 points lost, smallest") with { MostCandidates = 6 };
        using var stop = new CancellationTokenSource();
        Should.Throw<OperationCanceledException>(() => Search(
            request with
            {
                Progress = p =>
                {
                    if (p.Candidate == 3 && p.Finished is not null)
                    {
                        stop.Cancel();
                    }
                },
            },
            journal,
            stop.Token));
        journal.Candidates.Count.ShouldBe(3);

        var made = new List<string>();
        var resumed = Search(request with { Progress = p => made.AddRange(p.Finished is null ? [] : [p.Finished.Name]) }, journal);
        journal.Candidates.Count.ShouldBe(6);
        journal.Candidates.Select(c => c.Name).ShouldBeUnique();
        resumed.Study.Candidates.Count.ShouldBe(6);

        var anew = Search(request);
        anew.Best!.Model.ShouldBe(resumed.Best!.Model);
    }

    [Fact]
    public void Without_samples_only_forms_that_need_none_are_tried()
    {
        var found = Search(new SearchRequest(TestModels.Bytes("lenet-mnist"), new(GoalObjective.Smallest), ProcessorTargets.Here) { LatencyRuns = 10, MostCandidates = 5 });
        found.Study.Candidates.ShouldNotContain(c => CompressionKinds.NeedsCalibration(c.Recipe.Kind));
        found.IsReached.ShouldBeTrue(found.Study.Verdict);
    }

    [Fact]
    public void Layers_that_cost_most_are_tried_in_float_and_in_16_bits_under_names_that_tell_which()
    {
        var found = Search(Request("lenet-mnist", "most accurate") with { MostCandidates = 40 }).Study.Candidates;
        var wide = found.Where(c => c.Recipe.WideActivations.Count > 0).ToList();
        wide.Select(c => c.Recipe.WideActivations.Count).Distinct().ShouldBe([1, 3]);
        wide.ShouldAllBe(c => c.Quality != null && c.Name.Contains("in 16 bits (no. "));
        wide.ShouldAllBe(w => found.Any(c => c.Recipe.KeepFloat.SequenceEqual(w.Recipe.WideActivations)));
        found.Select(c => c.Name).ShouldBeUnique();
    }

    [Fact]
    public void No_candidate_begins_after_the_budget()
    {
        var found = Search(Request("lenet-mnist", "smallest") with { Budget = TimeSpan.Zero });
        found.Study.Candidates.ShouldBeEmpty();
        found.Best.ShouldBeNull();
    }

    private static SearchRequest Request(string model, string goal) => new(TestModels.Bytes(model), GoalParser.Parse(goal), ProcessorTargets.Here)
    {
        Samples = new() { Calibration = [TestModels.Samples(model)], Labels = TestModels.Labels(model), Most = 128 },
        LatencyRuns = 10,
        MostCandidates = 14,
    };

    private static SearchResult Search(SearchRequest request, ISearchJournal? journal = null, CancellationToken cancellationToken = default) =>
        new CompressionSearch(TestModels.Runner, TimeProvider.System, journal).Run(request, cancellationToken);

    private sealed class Journal : ISearchJournal
    {
        public List<StudyCandidate> Candidates { get; } = [];

        public IReadOnlyList<StudyCandidate> Load(string key) => Candidates;

        public void Append(string key, StudyCandidate candidate) => Candidates.Add(candidate);
    }
}
