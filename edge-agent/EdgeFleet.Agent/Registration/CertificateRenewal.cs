using EdgeFleet.Contracts.Ids;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Agent.Registration;

/// <summary>Gets a new certificate when two thirds of the old one's time are over; the link uses it from its next connect on.</summary>
internal sealed partial class CertificateRenewal(
    IdentityStore store, Enroller enroller, Uri? server, string? token, DeviceId device, TimeProvider time, ILogger<CertificateRenewal> logger)
{
    /// <summary>How often it looks, and the wait after a refusal.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    /// <summary>When a new certificate is due.</summary>
    public static DateTimeOffset DueAt(DeviceIdentity identity) => identity.NotAfter - ((identity.NotAfter - identity.NotBefore) / 3);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                if (store.Load() is { } identity && DueAt(identity) <= time.GetUtcNow())
                {
                    await RenewAsync(identity, cancellationToken);
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The agent stops.
        }
    }

    private async Task RenewAsync(DeviceIdentity identity, CancellationToken cancellationToken)
    {
        if (server is null || string.IsNullOrEmpty(token))
        {
            LogCanNot(device, identity.NotAfter, "start the agent with --server and --token");
            return;
        }

        try
        {
            var renewed = await enroller.EnrolAsync(server, token, device, cancellationToken);
            LogRenewed(device, renewed.NotAfter);
        }
        catch (Exception e) when (e is EnrolmentException or IOException)
        {
            LogCanNot(device, identity.NotAfter, e.Message);
        }
    }

    [LoggerMessage(EventId = 5511, Level = LogLevel.Information, Message = "{Device} has a new certificate, good until {NotAfter}")]
    private partial void LogRenewed(DeviceId device, DateTimeOffset notAfter);

    [LoggerMessage(EventId = 5512, Level = LogLevel.Warning, Message = "{Device} can't renew its certificate, which ends {NotAfter}: {Reason}")]
    private partial void LogCanNot(DeviceId device, DateTimeOffset notAfter, string reason);
}
