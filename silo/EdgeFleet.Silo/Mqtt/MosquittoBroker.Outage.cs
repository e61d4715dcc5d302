namespace EdgeFleet.Silo.Mqtt;

/// <summary>An outage on demand: the process is killed, its port stays closed for a while, then supervision goes on as after any crash.</summary>
internal sealed partial class MosquittoBroker : IBrokerOutage
{
    private Outage? _outage;

    public async Task BeginAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero);
        var outage = new Outage(time, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (_options.External)
        {
            throw new InvalidOperationException("The broker is not the silo's own: stop it where it runs.");
        }

        if (!_up || _process is not { } process || Interlocked.CompareExchange(ref _outage, outage, null) is not null)
        {
            throw new InvalidOperationException("The broker is away already.");
        }

        process.Kill();
        await outage.Began.Task.WaitAsync(cancellationToken);
    }

    /// <summary>On the supervisor's thread, after the process ended: sits out an outage that was asked for.</summary>
    /// <returns>True when there was one, so that the end is no death to be counted.</returns>
    private bool SitOutOutage()
    {
        if (_outage is not { } outage)
        {
            return false;
        }

        LogOutage(outage.Time.TotalSeconds);
        outage.Began.TrySetResult();
        _stop.Token.WaitHandle.WaitOne(outage.Time);
        Interlocked.Exchange(ref _outage, null);
        return true;
    }

    [LoggerMessage(EventId = 1917, Level = LogLevel.Warning, Message = "the broker was stopped on demand, for {Seconds} s")]
    private partial void LogOutage(double seconds);

    /// <param name="Began">Done when the port is closed.</param>
    private sealed record Outage(TimeSpan Time, TaskCompletionSource Began);
}
