using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Search;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>The samples of a production, matched to the model's inputs.</summary>
/// <param name="Calibration">For ranges and golden cases.</param>
/// <param name="Test">For comparing with the original; the calibration samples where no others were given.</param>
/// <param name="TestLabels">Classes of the test samples; null where unknown.</param>
internal sealed record SampleFeeds(SampleFeed Calibration, SampleFeed Test, IReadOnlyList<int>? TestLabels)
{
    /// <exception cref="CalibrationDataException">Samples or labels do not fit.</exception>
    public static SampleFeeds Of(CompressionRequest request, IModelRunner runner, CancellationToken cancellationToken)
    {
        using var session = runner.Load(request.Model, new ModelSessionOptions());
        SampleFeed Feed(IReadOnlyList<SampleSet> samples, IReadOnlyList<int>? labels, int most) => SampleFeeds.Feed(
            session, StateRecorder.Record(session, samples, request.Feedback, request.SequenceLength, most, cancellationToken), labels, most);
        var calibration = Feed(request.Calibration, request.Labels, request.MaxSamples);
        return request.Test.Count == 0
            ? new(calibration, calibration, request.Labels)
            : new(calibration, Feed(request.Test, request.TestLabels, int.MaxValue), request.TestLabels);
    }

    /// <exception cref="CalibrationDataException">Samples or labels do not fit.</exception>
    public static SampleFeeds Of(SearchRequest request, IModelRunner runner, CancellationToken cancellationToken) => Of(
        new CompressionRequest(request.Model, CompressionKind.Fp32)
        {
            Calibration = request.Calibration,
            Labels = request.Labels,
            Test = request.Test,
            TestLabels = request.TestLabels,
            Feedback = request.Feedback,
            SequenceLength = request.SequenceLength,
            MaxSamples = request.MaxSamples,
        },
        runner,
        cancellationToken);

    private static SampleFeed Feed(IModelSession session, IReadOnlyList<SampleSet> samples, IReadOnlyList<int>? labels, int most)
    {
        var feed = SampleFeed.Create(session.Inputs, samples, most);
        if (labels is not null && !feed.Synthetic && labels.Count < feed.Count)
        {
            throw new CalibrationDataException($"{labels.Count} labels were given for {feed.Count} samples.");
        }

        BatchProbe.Check(session, feed);
        return feed;
    }
}
