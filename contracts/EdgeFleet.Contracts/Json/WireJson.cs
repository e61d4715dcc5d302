using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;
using EdgeFleet.Contracts.Telemetry;

namespace EdgeFleet.Contracts.Json;

/// <summary>The one JSON form of every wire record: camelCase, nulls written (a missing field is an error), no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DeviceRegistration))]
[JsonSerializable(typeof(Presence))]
[JsonSerializable(typeof(DesiredState))]
[JsonSerializable(typeof(ReportedState))]
[JsonSerializable(typeof(UpAck))]
[JsonSerializable(typeof(ChunkRequest))]
[JsonSerializable(typeof(TelemetryBatch))]
[JsonSerializable(typeof(ModelManifest))]
[JsonSerializable(typeof(VariantInfo))]
[JsonSerializable(typeof(GoldenSet))]
[JsonSerializable(typeof(RolloutSpec))]
[JsonSerializable(typeof(RolloutInfo))]
[JsonSerializable(typeof(RolloutAccepted))]
[JsonSerializable(typeof(EnrolRequest))]
[JsonSerializable(typeof(EnrolResponse))]
[JsonSerializable(typeof(DeviceView))]
[JsonSerializable(typeof(DeviceList))]
[JsonSerializable(typeof(ModelView))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(RolloutList))]
[JsonSerializable(typeof(VariantTotals))]
public sealed partial class WireJson : JsonSerializerContext;
