namespace EdgeFleet.Mqtt.Libmosquitto;

/// <summary>Links over Debian's libmosquitto 2.0. Each link takes one thread and, while connected, four file descriptors.</summary>
public sealed class LibmosquittoLinkFactory : IMqttLinkFactory
{
    private readonly Random _random;

    /// <param name="random">Spreads the reconnects of a fleet; null takes the shared source.</param>
    /// <exception cref="MqttLinkException">The library is not installed; one line that names the package and the cure.</exception>
    public LibmosquittoLinkFactory(Random? random = null)
    {
        _random = random ?? Random.Shared;
        LibraryVersion = MosquittoLibrary.Require();
    }

    /// <summary>As "2.0.11".</summary>
    public string LibraryVersion { get; }

    public IMqttLink Create(MqttLinkOptions options) => new LibmosquittoLink(options, _random);
}
