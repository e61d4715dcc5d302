using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Agent.Registration;

/// <summary>What enrolment gave the device; kept in <c>identity/identity.json</c>.</summary>
/// <param name="Device">Its id, also the certificate's common name.</param>
/// <param name="BrokerHost">Where the broker listens.</param>
/// <param name="BrokerPort">TLS port.</param>
/// <param name="NotBefore">When the certificate begins.</param>
/// <param name="NotAfter">When the certificate ends.</param>
internal sealed record DeviceIdentity(DeviceId Device, string BrokerHost, int BrokerPort, DateTimeOffset NotBefore, DateTimeOffset NotAfter);
