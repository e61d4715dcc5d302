namespace EdgeFleet.Silo.Mqtt;

/// <summary>Takes the silo's own broker away for a while, as a crash would: for demonstrations and tests.</summary>
internal interface IBrokerOutage
{
    /// <summary>Stops the broker and returns when its port is closed; after <paramref name="time"/> it is started again by itself.</summary>
    /// <exception cref="InvalidOperationException">The broker is not the silo's own, or it is away already.</exception>
    Task BeginAsync(TimeSpan time, CancellationToken cancellationToken);
}
