using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeFleet.Contracts;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Telemetry;
using EdgeFleet.Silo.Mqtt;

namespace EdgeFleet.Tests.Silo.Mqtt;

public sealed class UpMessageReaderTests
{
    [Fact]
    public void Each_kind_in_good_form_is_read()
    {
        Read(UpKind.Registration, Registration()).ShouldBeOfType<UpMessage.Registration>().Body.AgentVersion.ShouldBe("0.1.0");
        Read(UpKind.Reported, Report()).ShouldBeOfType<UpMessage.Report>().Body.Phase.ShouldBe(InstallPhase.Downloading);
        Read(UpKind.Telemetry, Telemetry()).ShouldBeOfType<UpMessage.Telemetry>().Body.Inferences.ShouldBe(10);
        Read(UpKind.Presence, JsonSerializer.Serialize(new Presence(Samples.Cam1, true, Samples.Noon), WireJson.Default.Presence))
            .ShouldBeOfType<UpMessage.Presence>().Body.Online.ShouldBeTrue();
        Read(UpKind.Want, Want(64 * 1024, 0, [255])).ShouldBeOfType<UpMessage.Want>().Body.Missing.ShouldBe([255]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{\"device\":\"../x\",\"online\":true,\"at\":\"2026-03-01T12:00:00Z\"}")]
    [InlineData("{\"device\":\"cam-1\",\"online\":\"maybe\",\"at\":\"2026-03-01T12:00:00Z\"}")]
    public void What_is_no_presence_is_malformed(string payload) => Fault(Read(UpKind.Presence, payload)).ShouldBe(UpFault.Malformed);

    [Fact]
    public void Bytes_that_are_no_text_are_malformed() =>
        Fault(UpMessageReader.Read(Samples.Cam1, UpKind.Telemetry, [0xff, 0xfe, 0x00, 0x80])).ShouldBe(UpFault.Malformed);

    [Fact]
    public void Ten_megabytes_are_refused_without_being_read() =>
        Fault(UpMessageReader.Read(Samples.Cam1, UpKind.Reported, new byte[10 * 1024 * 1024])).ShouldBe(UpFault.Oversize);

    [Fact]
    public void A_thousand_nested_brackets_are_malformed() =>
        Fault(Read(UpKind.Telemetry, new string('[', 1000))).ShouldBe(UpFault.Malformed);

    [Fact]
    public void A_message_for_another_device_is_refused_under_the_senders_name()
    {
        var rejected = UpMessageReader.Read(new DeviceId("cam-2"), UpKind.Telemetry, Encoding.UTF8.GetBytes(Telemetry()))
            .ShouldBeOfType<UpMessage.Rejected>();

        rejected.Fault.ShouldBe(UpFault.WrongDevice);
        rejected.Device.Value.ShouldBe("cam-2");
        rejected.Reason.ShouldContain("cam-1");
    }

    [Fact]
    public void A_kind_that_there_is_not_is_refused() => Fault(Read("firmware", "{}")).ShouldBe(UpFault.UnknownKind);

    [Theory]
    [InlineData("sequence", "0")]
    [InlineData("inferences", "-1")]
    [InlineData("errors", "1000000000001")]
    [InlineData("correct", "9")]
    [InlineData("labelled", "11")]
    [InlineData("to", "\"2026-03-01T11:00:00+00:00\"")]
    [InlineData("latency", "{\"counts\":[-1],\"sumMs\":0}")]
    [InlineData("latency", "{\"counts\":[1],\"sumMs\":\"NaN\"}")]
    [InlineData("latency", "{\"counts\":[1],\"sumMs\":\"Infinity\"}")]
    [InlineData("latency", "{\"counts\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1],\"sumMs\":0}")]
    public void Telemetry_with_an_impossible_value_is_refused(string field, string value) =>
        Fault(Read(UpKind.Telemetry, With(Telemetry(), field, value))).ShouldBe(UpFault.OutOfRange);

    [Theory]
    [InlineData("sequence", "-5")]
    [InlineData("generation", "-1")]
    [InlineData("phase", "42")]
    [InlineData("failure", "42")]
    [InlineData("bytesReceived", "-1")]
    [InlineData("proof", "{\"goldenMaxError\":0,\"goldenTolerance\":0,\"agreement\":1.5,\"comparedInputs\":1,\"latencyP50Ms\":null,\"incumbentP50Ms\":null}")]
    public void A_report_with_an_impossible_value_is_refused(string field, string value) =>
        Fault(Read(UpKind.Reported, With(Report(), field, value))).ShouldBe(UpFault.OutOfRange);

    [Theory]
    [InlineData("cores", "0")]
    [InlineData("memoryBytes", "-1")]
    [InlineData("arch", "\"\"")]
    [InlineData("isaFlags", "[null]")]
    public void Capabilities_with_an_impossible_value_are_refused(string field, string value)
    {
        var registration = JsonNode.Parse(Registration())!;
        registration["capabilities"]![field] = JsonNode.Parse(value);

        (Fault(Read(UpKind.Registration, registration.ToJsonString())) is UpFault.OutOfRange or UpFault.Malformed).ShouldBeTrue();
    }

    [Theory]
    [InlineData(4095, 0)]
    [InlineData(1024 * 1024 + 1, 0)]
    [InlineData(65536, -1)]
    public void A_request_for_impossible_chunks_is_refused(int chunkBytes, int offset) =>
        Fault(Read(UpKind.Want, Want(chunkBytes, offset, [1]))).ShouldBe(UpFault.OutOfRange);

    [Fact]
    public void A_bitmap_of_more_than_sixteen_kibibytes_is_refused() =>
        Fault(Read(UpKind.Want, Want(65536, 0, new byte[(16 * 1024) + 1]))).ShouldBe(UpFault.OutOfRange);

    private static string Registration() => JsonSerializer.Serialize(Samples.Registration, WireJson.Default.DeviceRegistration);

    private static string Report() => JsonSerializer.Serialize(Samples.Report, WireJson.Default.ReportedState);

    private static string Telemetry() => JsonSerializer.Serialize(Samples.Batch, WireJson.Default.TelemetryBatch);

    private static string Want(int chunkBytes, int offset, byte[] missing) =>
        JsonSerializer.Serialize(new ChunkRequest(Samples.Cam1, Sha256Digest.Of([1]), chunkBytes, offset, missing), WireJson.Default.ChunkRequest);

    private static string With(string json, string field, string value)
    {
        var node = JsonNode.Parse(json)!;
        node[field] = JsonNode.Parse(value);
        return node.ToJsonString();
    }

    private static UpMessage Read(string kind, string payload) => UpMessageReader.Read(Samples.Cam1, kind, Encoding.UTF8.GetBytes(payload));

    private static UpFault Fault(UpMessage message) => message.ShouldBeOfType<UpMessage.Rejected>().Fault;
}
