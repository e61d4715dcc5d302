using System.Net;
using System.Net.Sockets;
using EdgeFleet.Contracts;
using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Identity;

namespace EdgeFleet.Silo.Mqtt;

/// <summary>Writes what mosquitto reads: certificates only, their common name is the user, and a device sees its own topics alone.</summary>
internal static class BrokerConfiguration
{
    public static string FileIn(string folder) => Path.Combine(folder, "mosquitto.conf");

    public static string StoreIn(string folder) => Path.Combine(folder, "mosquitto.db");

    /// <summary>The address to bind; a name is looked up here, so that mosquitto and the check for a free port mean the same.</summary>
    /// <exception cref="StartupException">The name is unknown.</exception>
    public static IPAddress ListenAddress(MqttOptions options)
    {
        var host = options.Listen ?? options.Host;
        try
        {
            return IPAddress.TryParse(host, out var address) ? address : Dns.GetHostAddresses(host).OrderBy(a => a.AddressFamily).First();
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            throw new StartupException($"the broker can't listen on '{host}', which is not found ({e.Message})", "give an address of this machine with Mqtt:Listen.", e);
        }
    }

    /// <param name="folder">Of the broker; also holds its stored state.</param>
    /// <param name="port">Settled before.</param>
    public static void Write(string folder, MqttOptions options, int port, CertificateAuthority authority)
    {
        var rules = Path.Combine(folder, "access.acl");
        foreach (var path in new[] { folder, authority.AuthorityFile })
        {
            if (path.AsSpan().IndexOfAny('\r', '\n') >= 0)
            {
                throw new StartupException($"mosquitto can't read a path with a line break: {path.ReplaceLineEndings("\\n")}", "choose another folder with --data.");
            }
        }

        DurableFile.Write(rules, AccessRules(), secret: false);
        DurableFile.Write(FileIn(folder), $"""
            # Written by the silo at every start: changes here are lost. Settings: section Mqtt.
            {RunAs()}
            log_dest stderr
            log_timestamp false
            log_type error
            log_type warning
            log_type notice
            connection_messages true
            sys_interval 0

            persistence true
            persistence_location {folder}/
            persistence_file {Path.GetFileName(StoreIn(folder))}
            autosave_interval {options.AutosaveSeconds}
            persistent_client_expiration 30d

            max_packet_size {options.MaxPacketBytes}
            max_queued_messages {options.MaxQueuedMessages}
            max_queued_bytes {options.MaxQueuedBytes}
            max_inflight_messages {options.MaxInflight}
            max_keepalive 3600
            set_tcp_nodelay true

            allow_anonymous false
            acl_file {rules}

            listener {port} {ListenAddress(options)}
            cafile {authority.AuthorityFile}
            certfile {authority.Broker.CertificateFile}
            keyfile {authority.Broker.KeyFile}
            tls_version tlsv1.2
            require_certificate true
            use_identity_as_username true

            """, secret: false);
    }

    private static string AccessRules() => $"""
        # The user is the common name of the client's certificate.
        user {ReservedNames.Silo}
        topic readwrite {Topics.Root}/#

        pattern write {Topics.Root}/%u/up/#
        pattern read {Topics.Root}/%u/down/#
        pattern read {Topics.Root}/{ReservedNames.Blob}/#

        """;

    /// <summary>Started as root, mosquitto would change to a user who may not read the keys.</summary>
    private static string RunAs() => Environment.IsPrivilegedProcess ? "user root" : "# runs as the silo's user";
}
