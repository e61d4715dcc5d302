using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>The samples of a production, matched to the model's inputs.</summary>
/// <param name="Calibration">For ranges and golden cases.</param>
/// <param name="Test">For comparing with the original; the calibration samples where no others were given.</param>
/// <param name="TestLabels">Classes of the test samples; null where unknown.</param>
internal sealed record SampleFeeds(SampleFeed Calibration, SampleFeed Test, IReadOnlyList<int>? TestLabels)
{
    /// <exception cref="CalibrationDataException">Samples or labels do not fit.</exception>
    public static SampleFeeds Of(ReadOnlyMemory<byte> model, RequestSamples given, IModelRunner runner, CancellationToken cancellationToken)
    {
        using var session = runner.Load(model, new ModelSessionOptions());
        SampleFeed Feed(IReadOnlyList<SampleSet> samples, IReadOnlyList<int>? labels, int most) => SampleFeeds.Feed(
            session, StateRecorder.Record(session, samples, given.Feedback, given.SequenceLength, most, cancellationToken), labels, most);
        var calibration = Feed(given.Calibration, given.Labels, given.Most);
        return given.Test.Count == 0
            ? new(calibration, calibration, given.Labels)
            : new(calibration, Feed(given.Test, given.TestLabels, int.MaxValue), given.TestLabels);
    }

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
