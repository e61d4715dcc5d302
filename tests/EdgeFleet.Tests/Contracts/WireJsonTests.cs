using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Tests.Grains;

namespace EdgeFleet.Tests.Contracts;

public sealed class WireJsonTests
{
    public static TheoryData<string> WireRecords() => [.. typeof(WireJson).GetCustomAttributesData()
        .Where(a => a.AttributeType == typeof(JsonSerializableAttribute))
        .Select(a => ((Type)a.ConstructorArguments[0].Value!).FullName!)];

    [Theory]
    [MemberData(nameof(WireRecords))]
    public void Every_wire_record_comes_back_as_it_went(string name)
    {
        var type = typeof(WireJson).Assembly.GetType(name, throwOnError: true)!;
        var info = WireJson.Default.GetTypeInfo(type)!;
        for (var seed = 0; seed < 50; seed++)
        {
            var json = JsonSerializer.Serialize(new Examples(seed).Make(type), info);

            var back = JsonSerializer.Deserialize(json, info)!;

            JsonSerializer.Serialize(back, info).ShouldBe(json);
        }
    }

    [Theory]
    [MemberData(nameof(WireRecords))]
    public void Every_wire_record_is_camelCase_and_a_newer_sender_may_add_fields(string name)
    {
        var type = typeof(WireJson).Assembly.GetType(name, throwOnError: true)!;
        var info = WireJson.Default.GetTypeInfo(type)!;
        var json = JsonNode.Parse(JsonSerializer.Serialize(new Examples(1).Make(type), info))!.AsObject();

        json.ShouldAllBe(p => char.IsLower(p.Key[0]));
        json["aFieldOfTomorrow"] = new JsonObject { ["x"] = 1 };
        JsonSerializer.Deserialize(json.ToJsonString(), info).ShouldNotBeNull();
    }

    [Fact]
    public void A_missing_field_is_an_error_that_names_it()
    {
        var json = JsonNode.Parse(JsonSerializer.Serialize(Some.Registration("a"), WireJson.Default.DeviceRegistration))!.AsObject();
        foreach (var field in json.Select(p => p.Key).ToArray())
        {
            var without = JsonNode.Parse(json.ToJsonString())!.AsObject();
            without.Remove(field);

            Should.Throw<JsonException>(() => JsonSerializer.Deserialize(without.ToJsonString(), WireJson.Default.DeviceRegistration)).Message.ShouldContain(field);
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\"../etc\"")]
    [InlineData("\"a/b\"")]
    [InlineData("\"a+b\"")]
    [InlineData("7")]
    [InlineData("{\"value\":\"cam-1\"}")]
    public void A_malformed_id_is_an_error(string id)
    {
        var json = $$"""{"device":{{id}},"online":true,"at":"2026-03-01T12:00:00+00:00"}""";

        Should.Throw<Exception>(() => JsonSerializer.Deserialize(json, WireJson.Default.Presence)).ShouldBeOfType<JsonException>();
    }

    [Fact]
    public void An_id_is_a_plain_string_that_a_person_can_read() =>
        JsonSerializer.Serialize(new Presence(new DeviceId("cam-1"), true, Some.At), WireJson.Default.Presence)
            .ShouldBe("""{"device":"cam-1","online":true,"at":"2026-03-01T12:00:00+00:00"}""");

    [Fact]
    public void A_rollout_is_asked_for_with_nothing_but_its_model()
    {
        var spec = JsonSerializer.Deserialize("""{"model":"m:1"}""", WireJson.Default.RolloutSpec)!;

        spec.ShouldSatisfyAllConditions(
            s => s.CanaryDevices.ShouldBe(1),
            s => s.OnError.ShouldBe(ErrorAction.RollBack),
            s => s.SuccessThreshold.ShouldBe(1),
            s => s.Devices.ShouldBeEmpty());
    }

    [Fact]
    public void Whatever_bytes_come_the_only_failure_is_a_JSON_error()
    {
        var good = JsonSerializer.SerializeToUtf8Bytes(Some.Telemetry("a", 1), WireJson.Default.TelemetryBatch);
        var random = new Random(1);
        for (var i = 0; i < 3000; i++)
        {
            var bad = good[..random.Next(good.Length + 1)];
            for (var flips = random.Next(4); flips > 0 && bad.Length > 0; flips--)
            {
                bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                JsonSerializer.Deserialize(bad, WireJson.Default.TelemetryBatch);
            }
            catch (JsonException)
            {
                // What a receiver expects.
            }
        }
    }
}
