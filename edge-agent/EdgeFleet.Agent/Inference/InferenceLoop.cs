using Microsoft.Extensions.Logging;

namespace EdgeFleet.Agent.Inference;

/// <summary>Feeds the source's samples to what serves, on a thread of its own that nothing else can hold up.</summary>
internal sealed partial class InferenceLoop(
    IInputSource source, InferenceService service, ServingSlot slot, double ratePerSecond, TimeProvider time, ILogger<InferenceLoop> logger)
{
    private static readonly TimeSpan SourceRetry = TimeSpan.FromSeconds(1);

    /// <summary>Starts; the task ends when the token is cancelled and the last answer is given.</summary>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Loop(cancellationToken);
                ended.SetResult();
            }
            catch (OperationCanceledException)
            {
                ended.SetResult();
            }
            catch (Exception e)
            {
                ended.SetException(e);
            }
        })
        {
            Name = "inference",
            IsBackground = true,
        };
        thread.Start();
        return ended.Task;
    }

    private void Loop(CancellationToken cancellationToken)
    {
        var period = TimeSpan.FromSeconds(1 / ratePerSecond);
        var started = time.GetTimestamp();
        var due = TimeSpan.Zero;
        var sourceFailed = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            slot.WaitUntilFilled(cancellationToken);
            try
            {
                service.Answer(source.Next());
                sourceFailed = false;
            }
            catch (IOException e)
            {
                if (!sourceFailed)
                {
                    LogSource(e.Message);
                    sourceFailed = true;
                }

                Pause(SourceRetry, cancellationToken);
            }

            due += period;
            var ahead = due - time.GetElapsedTime(started);
            if (ahead > TimeSpan.Zero)
            {
                Pause(ahead, cancellationToken);
            }
            else if (ahead < -SourceRetry)
            {
                // Too slow for the rate, or nothing served for a while: no burst to catch up.
                due -= ahead;
            }
        }
    }

    private void Pause(TimeSpan delay, CancellationToken cancellationToken) =>
        Task.Delay(delay, time, cancellationToken).GetAwaiter().GetResult();

    [LoggerMessage(EventId = 5211, Level = LogLevel.Warning, Message = "The input source can't be read, trying again every second: {Reason}")]
    private partial void LogSource(string reason);
}
