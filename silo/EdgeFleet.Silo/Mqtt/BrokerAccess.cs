using System.Net;
using System.Net.Sockets;
using EdgeFleet.Mqtt;
using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Identity;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Where the broker is and how one gets in. Making it settles the port and the keys, before the broker runs.</summary>
internal sealed class BrokerAccess : IBrokerAccess
{
    private const int PortTries = 10;

    private readonly MqttTlsOptions _siloTls;

    private BrokerAccess(string host, int port, string authorityFile, MqttTlsOptions siloTls)
    {
        DeviceHost = host;
        DevicePort = port;
        AuthorityFile = authorityFile;
        _siloTls = siloTls;
    }

    public string DeviceHost { get; }

    public int DevicePort { get; }

    /// <summary>By which devices know the broker.</summary>
    public string AuthorityPem => File.ReadAllText(AuthorityFile);

    private string AuthorityFile { get; }

    /// <param name="brokerFolder">Configuration and state of the silo's own broker; the port taken for 0 is kept here.</param>
    /// <exception cref="StartupException">The port is in use.</exception>
    public static BrokerAccess Settle(MqttOptions options, string brokerFolder, CertificateAuthority authority)
    {
        authority.RenewOwn([options.Host, options.Listen ?? options.Host]);
        var ownTls = new MqttTlsOptions(authority.AuthorityFile, authority.Silo.CertificateFile, authority.Silo.KeyFile);
        if (options.External)
        {
            var tls = options.CertificateFile is null
                ? ownTls with { AuthorityFile = options.AuthorityFile! }
                : new MqttTlsOptions(options.AuthorityFile!, options.CertificateFile, options.KeyFile);
            return new BrokerAccess(options.Host, options.Port, options.AuthorityFile!, tls);
        }

        Directory.CreateDirectory(brokerFolder);
        OrphanedBrokers.End(BrokerConfiguration.FileIn(brokerFolder));
        var port = SettlePort(options, Path.Combine(brokerFolder, "port"));
        return new BrokerAccess(options.Host, port, authority.AuthorityFile, ownTls);
    }

    public MqttLinkOptions SiloLink() => new()
    {
        ClientId = ReservedNames.Silo,
        Host = DeviceHost is "0.0.0.0" or "::" ? "127.0.0.1" : DeviceHost,
        Port = DevicePort,
        Tls = _siloTls,
    };

    private static int SettlePort(MqttOptions options, string portFile)
    {
        var address = BrokerConfiguration.ListenAddress(options);
        if (options.Port != 0)
        {
            return IsFree(address, options.Port)
                ? options.Port
                : throw new StartupException($"port {options.Port} on {address} is in use", "stop what listens there, or choose another one with --mqtt-port (0 takes a free one).");
        }

        if (File.Exists(portFile) && int.TryParse(File.ReadAllText(portFile), out var kept) && kept is > 0 and <= 65_535 && IsFree(address, kept))
        {
            return kept;
        }

        for (var i = 0; i < PortTries; i++)
        {
            using var socket = Bind(address, 0);
            if (socket?.LocalEndPoint is IPEndPoint { Port: var free })
            {
                DurableFile.Write(portFile, $"{free}\n", secret: false);
                return free;
            }
        }

        throw new StartupException($"no free port on {address} for the broker", "choose one with --mqtt-port.");
    }

    private static bool IsFree(IPAddress address, int port)
    {
        using var socket = Bind(address, port);
        return socket is not null;
    }

    /// <summary>Null when somebody else has the port.</summary>
    private static Socket? Bind(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // As mosquitto does: connections of a broker that ended a moment ago are no obstacle, a listener is.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(address, port));
            return socket;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new StartupException($"the broker can't listen on {address}:{port} ({e.Message})", "choose another address with --mqtt-host or port with --mqtt-port.", e);
        }
    }
}
