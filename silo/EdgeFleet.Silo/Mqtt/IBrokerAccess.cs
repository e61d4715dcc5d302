using EdgeFleet.Mqtt;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Where the broker is and how one gets in. Known before the broker runs: ports and keys are settled first.</summary>
internal interface IBrokerAccess
{
    /// <summary>Name or address by which devices reach the broker.</summary>
    string DeviceHost { get; }

    /// <summary>TLS port for devices.</summary>
    int DevicePort { get; }

    /// <summary>Host, port and keys of the silo's own link (certificate name <c>silo</c>); client id, session and queues are the caller's.</summary>
    MqttLinkOptions SiloLink();
}
