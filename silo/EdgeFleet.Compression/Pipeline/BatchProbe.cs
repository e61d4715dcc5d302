using EdgeFleet.Compression.Calibration;

namespace EdgeFleet.Compression.Pipeline;

/// <summary>Finds out whether a model's outputs go by batch, so that many samples may be run at once.</summary>
internal static class BatchProbe
{
    /// <summary>Runs the first samples; where an output's first dimension is not the batch, the feed goes sample by sample.</summary>
    /// <exception cref="InvalidModelException">Not even one sample can be run.</exception>
    public static void Check(IModelSession session, SampleFeed feed)
    {
        if (feed.IsFreeBatch && feed.BatchSize > 1 && !GoesByBatch(session, feed))
        {
            feed.UseSingleSamples();
        }

        try
        {
            session.Run(feed.Batch(0, Math.Min(feed.BatchSize, feed.Count)), [], CancellationToken.None);
        }
        catch (ModelRunException e)
        {
            throw new InvalidModelException($"The runtime loads the model but cannot run it on {(feed.Synthetic ? "made-up" : "the given")} samples: {e.Message}", null, e);
        }
    }

    private static bool GoesByBatch(IModelSession session, SampleFeed feed)
    {
        var count = Math.Min(2, feed.Count);
        try
        {
            return session.Run(feed.Batch(0, count), [], CancellationToken.None).All(o => o.Dimensions.Count > 0 && o.Dimensions[0] == count);
        }
        catch (ModelRunException)
        {
            return false;
        }
    }
}
