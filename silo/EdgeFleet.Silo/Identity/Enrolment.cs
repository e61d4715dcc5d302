using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Silo.Mqtt;

namespace EdgeFleet.Silo.Identity;

/// <summary>Checks a device's token and request, and gives it a certificate and the broker's address.</summary>
internal sealed partial class Enrolment(
    EnrolmentTokens tokens, CertificateAuthority authority, BrokerAccess broker, ILogger<Enrolment> logger) : IEnrolment
{
    public string TokenFile => tokens.File;

    public Task<EnrolResponse> EnrolAsync(EnrolRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!tokens.IsValid(request.Token))
        {
            LogBadToken();
            throw new EnrolmentRefusedException(true, "The enrolment token is not valid.");
        }

        if (!Identifier.IsValid(request.Device.Value))
        {
            throw new EnrolmentRefusedException(false, "The device id is not valid.");
        }

        try
        {
            var certificate = authority.SignDevice(request.SigningRequestPem ?? "", request.Device);
            LogEnrolled(request.Device);
            return Task.FromResult(new EnrolResponse(certificate, broker.AuthorityPem, broker.DeviceHost, broker.DevicePort));
        }
        catch (SigningRequestException e)
        {
            LogRefused(request.Device, e.Message);
            throw new EnrolmentRefusedException(false, e.Message);
        }
    }

    [LoggerMessage(EventId = 1921, Level = LogLevel.Information, Message = "{Device} enrolled")]
    private partial void LogEnrolled(DeviceId device);

    [LoggerMessage(EventId = 1922, Level = LogLevel.Warning, Message = "{Device} was not enrolled: {Reason}")]
    private partial void LogRefused(DeviceId device, string reason);

    [LoggerMessage(EventId = 1923, Level = LogLevel.Warning, Message = "An enrolment with a wrong token was refused")]
    private partial void LogBadToken();
}
