using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EdgeFleet.Mqtt.Libmosquitto;

/// <summary>One libmosquitto client, made for one connection and destroyed with it. All calls come from one thread.</summary>
internal sealed unsafe class NativeClient : IDisposable
{
    private const int MaxLogLines = 8;
    private const int SocketLevel = 1;
    private const int SocketError = 4;

    private readonly MqttLinkOptions _options;
    private readonly List<string> _log = [];
    private GCHandle _self;
    private nint _client;

    public NativeClient(MqttLinkOptions options, bool cleanStart, INativeEvents events)
    {
        _options = options;
        Events = events;
        _self = GCHandle.Alloc(this);
        _client = NativeMethods.New(options.ClientId, cleanStart, GCHandle.ToIntPtr(_self));
        if (_client == 0)
        {
            _self.Free();
            throw new MqttLinkException($"libmosquitto could not make a client: {new Win32Exception().Message}.", -1);
        }

        try
        {
            NativeCallbacks.Attach(_client);
            Configure();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public INativeEvents Events { get; }

    /// <summary>-1 when there is no connection.</summary>
    public int Socket => NativeMethods.Socket(_client);

    public bool WantsWrite => NativeMethods.WantWrite(_client);

    /// <summary>Errors that the library logged while connecting (TLS), in one line; empty when none.</summary>
    public string LoggedErrors => string.Join("; ", _log);

    public void AddLogLine(string line)
    {
        if (_log.Count < MaxLogLines)
        {
            _log.Add(line);
        }
    }

    public void StopLog() => NativeCallbacks.StopLog(_client);

    /// <summary>Begins to connect without blocking (but for the look-up of the name). Returns the library's error number.</summary>
    public int BeginConnect(AddressFamily family)
    {
        var seconds = (int)_options.KeepAlive.TotalSeconds;
        nint properties = 0;
        try
        {
            Check(NativeMethods.AddInt32(ref properties, NativeMethods.PropertyMaximumPacketSize, (uint)_options.MaximumPacketBytes), "maximum packet size");
            if (_options.SessionExpiry > TimeSpan.Zero)
            {
                Check(NativeMethods.AddInt32(ref properties, NativeMethods.PropertySessionExpiryInterval, (uint)_options.SessionExpiry.TotalSeconds), "session expiry");
            }

            // The non-blocking call takes no properties. The blocking one stores them before it looks at the port, and refuses this one.
            _ = NativeMethods.ConnectBindV5(_client, _options.Host, -1, seconds, null, properties);
        }
        finally
        {
            NativeMethods.FreeProperties(ref properties);
        }

        // The non-blocking call tries only the first address of a name; binding to a family's any-address leaves only that family.
        var bind = family switch
        {
            AddressFamily.InterNetwork => "0.0.0.0",
            AddressFamily.InterNetworkV6 => "::",
            _ => null,
        };
        return NativeMethods.ConnectBindAsync(_client, _options.Host, _options.Port, seconds, bind);
    }

    public int Read() => NativeMethods.LoopRead(_client, 1);

    public int Write() => NativeMethods.LoopWrite(_client, 1);

    /// <summary>Keep-alive; to be called at least every few seconds.</summary>
    public int Tick() => NativeMethods.LoopMisc(_client);

    public int Publish(MqttMessage message, out int packetId)
    {
        nint properties = 0;
        try
        {
            if (message.Expiry is { } expiry)
            {
                Check(NativeMethods.AddInt32(ref properties, NativeMethods.PropertyMessageExpiryInterval, (uint)expiry.TotalSeconds), "message expiry");
            }

            fixed (byte* payload = message.Payload.Span)
            {
                return NativeMethods.Publish(
                    _client, out packetId, message.Topic, message.Payload.Length, payload, (int)message.Qos, message.Retain, properties);
            }
        }
        finally
        {
            NativeMethods.FreeProperties(ref properties);
        }
    }

    /// <param name="isRenewal">Retained messages only if the broker does not have this subscription.</param>
    public int Subscribe(string filter, MqttQos qos, bool isRenewal, out int packetId) => NativeMethods.Subscribe(
        _client, out packetId, filter, (int)qos, isRenewal ? NativeMethods.SubscribeRetainedIfNew : 0, 0);

    public int Unsubscribe(string filter, out int packetId) => NativeMethods.Unsubscribe(_client, out packetId, filter, 0);

    public int Disconnect() => NativeMethods.Disconnect(_client, 0, 0);

    /// <summary>The pending error of the socket, in words; null when there is none.</summary>
    public string? TakeSocketError()
    {
        var length = (uint)sizeof(int);
        return Socket >= 0 && NativeMethods.GetSocketOption(Socket, SocketLevel, SocketError, out var error, ref length) == 0 && error != 0
            ? Marshal.GetPInvokeErrorMessage(error)
            : null;
    }

    public void Dispose()
    {
        if (_client != 0)
        {
            NativeMethods.Destroy(_client);
            _client = 0;
            _self.Free();
        }
    }

    private static void Check(int error, string what)
    {
        if (error != NativeMethods.Success)
        {
            throw new MqttLinkException($"libmosquitto refused the {what}: {NativeMethods.Describe(error)}", -error);
        }
    }

    private void Configure()
    {
        Check(NativeMethods.IntOption(_client, NativeMethods.OptionProtocolVersion, NativeMethods.ProtocolV5), "protocol version");
        Check(NativeMethods.IntOption(_client, NativeMethods.OptionReceiveMaximum, _options.ReceiveMaximum), "receive maximum");
        Check(NativeMethods.IntOption(_client, NativeMethods.OptionTcpNoDelay, 1), "option TCP_NODELAY");
        if (_options.UserName is not null)
        {
            Check(NativeMethods.SetUserPassword(_client, _options.UserName, _options.Password), "user name and password");
        }

        if (_options.Will is { } will)
        {
            SetWill(will);
        }

        if (_options.Tls is { } tls)
        {
            foreach (var file in new[] { tls.AuthorityFile, tls.CertificateFile, tls.KeyFile })
            {
                if (file is not null && !File.Exists(file))
                {
                    throw new MqttLinkException($"The TLS file {file} is missing or may not be read.", -NativeMethods.ErrorTls);
                }
            }

            Check(NativeMethods.SetTls(_client, tls.AuthorityFile, null, tls.CertificateFile, tls.KeyFile, 0), $"TLS files ({tls.AuthorityFile}, {tls.CertificateFile}, {tls.KeyFile})");
            Check(NativeMethods.SetTlsOptions(_client, 1, "tlsv1.2", null), "TLS version");
            Check(NativeMethods.SetTlsInsecure(_client, !tls.VerifyHostName), "TLS host name check");
        }
    }

    private void SetWill(MqttMessage will)
    {
        nint properties = 0;
        if (will.Expiry is { } expiry)
        {
            Check(NativeMethods.AddInt32(ref properties, NativeMethods.PropertyMessageExpiryInterval, (uint)expiry.TotalSeconds), "will's expiry");
        }

        fixed (byte* payload = will.Payload.Span)
        {
            var error = NativeMethods.SetWill(_client, will.Topic, will.Payload.Length, payload, (int)will.Qos, will.Retain, properties);
            if (error != NativeMethods.Success)
            {
                NativeMethods.FreeProperties(ref properties);
                Check(error, "will");
            }
        }
    }
}
