using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Devices;

namespace EdgeFleet.Grains.Devices;

/// <summary>Which registrations and reports count, and in what bounds. Pure.</summary>
internal static class DeviceReports
{
    /// <summary>Incarnations that are remembered as replaced.</summary>
    public const int MaxRetired = 16;

    /// <summary>Generations, sequences: above this a number is an attack, not a count.</summary>
    public const long MaxNumber = 1L << 53;

    private const int MaxText = 1024;
    private const int MaxEntries = 64;
    private const int MaxName = 128;

    /// <summary>Takes a registration in; false when it is of a replaced incarnation.</summary>
    /// <remarks>A new incarnation starts sequences, counters and the report again: it is another installation under the same name.</remarks>
    public static bool Register(DeviceState state, DeviceRegistration registration)
    {
        if (state.Retired.Contains(registration.Incarnation))
        {
            return false;
        }

        if (state.Registration is { } known && known.Incarnation != registration.Incarnation)
        {
            state.Retired.Add(known.Incarnation);
            if (state.Retired.Count > MaxRetired)
            {
                state.Retired.RemoveAt(0);
            }

            state.Reported = null;
            state.TelemetryUpTo = 0;
            state.Totals = [];
        }

        state.Registration = registration;
        return true;
    }

    /// <summary>Why a registration is unusable; null when it is not.</summary>
    public static string? Fault(DeviceRegistration registration)
    {
        var capabilities = registration.Capabilities;
        return registration switch
        {
            _ when registration.AgentVersion.Length > MaxName => $"agentVersion is longer than {MaxName}",
            _ when registration.Tags.Count > MaxEntries => $"more than {MaxEntries} tags",
            _ when registration.Tags.Any(t => t.Key.Length > MaxName || t.Value is null || t.Value.Length > MaxName) => $"a tag is longer than {MaxName}",
            _ when capabilities.Arch.Length > MaxName || capabilities.OrtVersion.Length > MaxName => $"arch or ortVersion is longer than {MaxName}",
            _ when IsLong(capabilities.IsaFlags) || IsLong(capabilities.ExecutionProviders) || IsLong(capabilities.Precisions) =>
                "too many capabilities, or too long ones",
            _ when capabilities is { Cores: < 1 or > 100_000 } => $"{capabilities.Cores} cores",
            _ when capabilities is { MemoryBytes: < 0 } or { DiskFreeBytes: < 0 } => "negative memory or disk",
            _ => null,
        };
    }

    /// <summary>Takes a report in; false when it is old, doubled, of another incarnation or impossible.</summary>
    public static bool Report(DeviceState state, ReportedState reported)
    {
        if (reported.Generation is < 0 or > MaxNumber || reported.Sequence is < 0 or > MaxNumber || !IsOfPresentIncarnation(state, reported.Incarnation))
        {
            return false;
        }

        if (state.Reported is { } last && last.Incarnation == reported.Incarnation && reported.Sequence <= last.Sequence)
        {
            return false;
        }

        state.Reported = reported with
        {
            Message = reported.Message is { Length: > MaxText } message ? message[..MaxText] : reported.Message,
            Proof = Finite(reported.Proof),
        };
        return true;
    }

    /// <summary>A device that never registered is believed; afterwards only the registered incarnation is.</summary>
    public static bool IsOfPresentIncarnation(DeviceState state, Guid incarnation) =>
        state.Registration is { } registration ? registration.Incarnation == incarnation : !state.Retired.Contains(incarnation);

    private static bool IsLong(IReadOnlyList<string> names) =>
        names.Count > 4 * MaxEntries || names.Any(n => n is null || n.Length > MaxName);

    /// <summary>A stored state holds no NaN and no infinity: an unbounded error becomes the largest number, an unknown latency none.</summary>
    private static ProofResult? Finite(ProofResult? proof) => proof is null ? null : proof with
    {
        GoldenMaxError = double.IsFinite(proof.GoldenMaxError) ? proof.GoldenMaxError : double.MaxValue,
        GoldenTolerance = double.IsFinite(proof.GoldenTolerance) ? proof.GoldenTolerance : 0,
        Agreement = Finite(proof.Agreement),
        LatencyP50Ms = Finite(proof.LatencyP50Ms),
        IncumbentP50Ms = Finite(proof.IncumbentP50Ms),
    };

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
