using EdgeFleet.Agent.Reporting;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Agent.Inference;

/// <summary>Answers samples with what serves, and counts every answer and every miss.</summary>
internal sealed partial class InferenceService(
    ServingSlot slot, RecentInputs recent, TelemetryAccumulator telemetry, TimeProvider time, ILogger<InferenceService> logger)
{
    private LoadedVariant? _reported;

    /// <summary>Answers one sample; null where nothing serves or the variant failed on it (counted, and logged once per variant).</summary>
    public InferenceResult? Answer(Sample sample)
    {
        if (slot.Hold() is not { } held)
        {
            return null;
        }

        try
        {
            var start = time.GetTimestamp();
            var result = held.Runner.Run(sample.Data.Span);
            var elapsed = time.GetElapsedTime(start);
            held.CountAnswer();
            telemetry.CountAnswer(held.Variant, elapsed, sample.Label is { } label ? label == result.Top1 : null);
            return result;
        }
        catch (Exception e)
        {
            telemetry.CountError(held.Variant);
            if (!ReferenceEquals(Interlocked.Exchange(ref _reported, held), held))
            {
                LogFailed(held.Variant.Variant.Sha256.Short, e.Message);
            }

            held.CountError(e.Message);
            return null;
        }
        finally
        {
            recent.Add(sample);
            held.Release();
        }
    }

    [LoggerMessage(EventId = 5201, Level = LogLevel.Error, Message = "Variant {Variant} gave no answer: {Reason}")]
    private partial void LogFailed(string variant, string reason);
}
