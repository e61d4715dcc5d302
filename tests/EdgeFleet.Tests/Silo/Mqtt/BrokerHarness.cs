using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Mqtt;
using EdgeFleet.Mqtt.Libmosquitto;
using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Identity;
using EdgeFleet.Silo.Mqtt;
using EdgeFleet.Silo.Telemetry;
using EdgeFleet.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EdgeFleet.Tests.Silo.Mqtt;

/// <summary>The silo's broker as the silo runs it, with its certificates, and links of devices and of the silo to it.</summary>
internal sealed class BrokerHarness : IAsyncDisposable
{
    private readonly TempFolder _temp;
    private readonly bool _ownsTemp;
    private readonly DataFolder _folder;
    private readonly LibmosquittoLinkFactory _links = new();
    private readonly List<IMqttLink> _open = [];

    /// <param name="temp">Given to take up the data of an earlier harness.</param>
    public BrokerHarness(TempFolder? temp = null, Action<MqttOptions>? change = null)
    {
        _temp = temp ?? new TempFolder();
        _ownsTemp = temp is null;
        _folder = DataFolder.Open(_temp.Path);
        Options = new MqttOptions { Port = 0, AutosaveSeconds = 1 };
        change?.Invoke(Options);
        try
        {
            Authority = CertificateAuthority.Open(_folder.Identity, new IdentityOptions(), TimeProvider.System);
            Access = BrokerAccess.Settle(Options, _folder.Broker, Authority);
        }
        catch
        {
            _folder.Dispose();
            throw;
        }

        Broker = new MosquittoBroker(
            Microsoft.Extensions.Options.Options.Create(Options), _folder, Access, Authority,
            new RejectionLog(Counters, TimeProvider.System, Rejections), TimeProvider.System, NullLogger<MosquittoBroker>.Instance);
    }

    public MqttOptions Options { get; }

    public FleetCounters Counters { get; } = new();

    public LineLogger<RejectionLog> Rejections { get; } = new();

    public CertificateAuthority Authority { get; }

    public BrokerAccess Access { get; }

    public MosquittoBroker Broker { get; }

    public string ConfigurationFile => BrokerConfiguration.FileIn(_folder.Broker);

    public static async Task<BrokerHarness> StartAsync(TempFolder? temp = null)
    {
        var harness = new BrokerHarness(temp);
        await harness.Broker.StartAsync(CancellationToken.None);
        return harness;
    }

    public static string SigningRequest(string name, out ECDsa key)
    {
        key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
    }

    public IMqttLink SiloLink(Func<MqttLinkOptions, MqttLinkOptions>? change = null) => Open(Access.SiloLink(), change);

    /// <summary>A link with a certificate of the fleet's authority.</summary>
    public IMqttLink DeviceLink(string id, Func<MqttLinkOptions, MqttLinkOptions>? change = null) =>
        Open(Access.SiloLink() with { ClientId = id, Tls = DeviceCertificate(id) }, change);

    /// <summary>Files of a certificate of the fleet's authority.</summary>
    public MqttTlsOptions DeviceCertificate(string id)
    {
        var certificate = Authority.SignDevice(SigningRequest(id, out var key), new DeviceId(id));
        File.WriteAllText(_temp.File($"{id}.pem"), certificate);
        File.WriteAllText(_temp.File($"{id}.key.pem"), key.ExportPkcs8PrivateKeyPem());
        return new MqttTlsOptions(Authority.AuthorityFile, _temp.File($"{id}.pem"), _temp.File($"{id}.key.pem"));
    }

    public IMqttLink Open(MqttLinkOptions options, Func<MqttLinkOptions, MqttLinkOptions>? change = null)
    {
        options = options with { ReconnectMin = TimeSpan.FromMilliseconds(20), ReconnectMax = TimeSpan.FromMilliseconds(300) };
        var link = _links.Create(change?.Invoke(options) ?? options);
        _open.Add(link);
        return link;
    }

    /// <summary>As if the silo had been killed: the data folder is free again, the broker goes on.</summary>
    public void Abandon() => _folder.Dispose();

    public async ValueTask DisposeAsync()
    {
        foreach (var link in _open)
        {
            await link.DisposeAsync();
        }

        await Broker.DisposeAsync();
        Authority.Dispose();
        _folder.Dispose();
        if (_ownsTemp)
        {
            _temp.Dispose();
        }
    }
}
