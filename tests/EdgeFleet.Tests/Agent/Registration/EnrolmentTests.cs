using System.Net;
using System.Text;
using System.Text.Json;
using EdgeFleet.Agent.Registration;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Mqtt.Libmosquitto;
using EdgeFleet.Tests.Silo.Mqtt;
using EdgeFleet.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeFleet.Tests.Agent.Registration;

public sealed class EnrolmentTests
{
    private static readonly Uri Server = new("http://silo.test");

    [Fact]
    public async Task It_waits_for_a_silo_that_is_not_up_yet_and_keeps_what_it_gets()
    {
        using var folder = new TempFolder();
        await using var broker = new BrokerHarness();
        var store = new IdentityStore(folder.Path);
        var door = new Door(broker);
        door.Before.Enqueue(() => throw new HttpRequestException("connection refused"));
        door.Before.Enqueue(() => Answer(HttpStatusCode.ServiceUnavailable, ""));
        var identity = await Enrol(store, door, "good");
        identity.Device.ShouldBe(Some.Device);
        identity.BrokerPort.ShouldBe(broker.Access.DevicePort);
        door.Asked.ShouldBe(3);
        store.Load().ShouldBe(identity);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(folder.File("key.pem")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        CertificateRenewal.DueAt(identity).ShouldBeInRange(identity.NotBefore, identity.NotAfter);
    }

    [Fact]
    public async Task A_refused_token_is_an_end_with_the_servers_reason()
    {
        using var folder = new TempFolder();
        await using var broker = new BrokerHarness();
        var refused = await Should.ThrowAsync<EnrolmentException>(() => Enrol(new IdentityStore(folder.Path), new Door(broker), "bad"));
        refused.Message.ShouldContain("not valid");
        refused.Message.ShouldContain("--token");
        new IdentityStore(folder.Path).Load().ShouldBeNull();
    }

    [Fact]
    public async Task A_server_that_is_no_silo_is_named()
    {
        using var folder = new TempFolder();
        await using var broker = new BrokerHarness();
        var door = new Door(broker);
        door.Before.Enqueue(() => Answer(HttpStatusCode.OK, "<html>hello</html>"));
        (await Should.ThrowAsync<EnrolmentException>(() => Enrol(new IdentityStore(folder.Path), door, "good"))).Message.ShouldContain("--server");
        door.Before.Enqueue(() => Answer(HttpStatusCode.OK, JsonSerializer.Serialize(new EnrolResponse("x", "y", "h", 1), WireJson.Default.EnrolResponse)));
        (await Should.ThrowAsync<EnrolmentException>(() => Enrol(new IdentityStore(folder.Path), door, "good"))).Message.ShouldContain("can't be used");
    }

    [Fact]
    public async Task Enrolled_once_it_connects_with_its_certificate_and_needs_no_server_afterwards()
    {
        using var folder = new TempFolder();
        await using var broker = await BrokerHarness.StartAsync();
        var links = new LibmosquittoLinkFactory();
        using var http = new HttpClient(new Door(broker));
        await using (Start(http))
        {
            // Connected and let through by the broker's rules.
        }

        using var nobody = new HttpClient(new Door(broker) { Closed = true });
        await using (Start(nobody))
        {
            // The same without a server.
        }

        AgentUnderTest Start(HttpClient client)
        {
            var agent = AgentUnderTest.Start(
                folder.Path, links, new ScriptedLoader(), null, o => o with { PlainBroker = null, Server = Server, Token = "good" }, http: client);
            Eventually.True(() => agent.Host.Status().Connected, $"it connects; {agent.Running.Exception?.Message}").GetAwaiter().GetResult();
            agent.Host.State.Phase.ShouldBe(InstallPhase.Idle);
            return agent;
        }
    }

    private static Task<DeviceIdentity> Enrol(IdentityStore store, Door door, string token)
    {
        var http = new HttpClient(door);
        return new Enroller(http, store, TimeProvider.System, new Random(1), NullLogger<Enroller>.Instance)
            .EnrolAsync(Server, token, Some.Device, CancellationToken.None)
            .WaitAsync(TimeSpan.FromSeconds(20));
    }

    private static HttpResponseMessage Answer(HttpStatusCode code, string body) => new(code) { Content = new StringContent(body, Encoding.UTF8) };

    /// <summary>The silo's enrolment, with its real authority, without a socket.</summary>
    private sealed class Door(BrokerHarness broker) : HttpMessageHandler
    {
        public Queue<Func<HttpResponseMessage>> Before { get; } = new();

        public bool Closed { get; init; }

        public int Asked { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked++;
            request.RequestUri!.AbsolutePath.ShouldBe("/api/v1/enrol");
            if (Closed)
            {
                throw new HttpRequestException("nobody is here");
            }

            if (Before.TryDequeue(out var first))
            {
                return first();
            }

            var asked = JsonSerializer.Deserialize(await request.Content!.ReadAsStringAsync(cancellationToken), WireJson.Default.EnrolRequest)!;
            if (asked.Token != "good")
            {
                return Answer(HttpStatusCode.Forbidden, """{"title":"Enrolment refused","detail":"The enrolment token is not valid."}""");
            }

            var certificate = broker.Authority.SignDevice(asked.SigningRequestPem, asked.Device);
            var response = new EnrolResponse(certificate, broker.Authority.AuthorityPem, "127.0.0.1", broker.Access.DevicePort);
            return Answer(HttpStatusCode.OK, JsonSerializer.Serialize(response, WireJson.Default.EnrolResponse));
        }
    }
}
