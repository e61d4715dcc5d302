using EdgeFleet.Contracts.Ids;

namespace EdgeFleet.Contracts.Models;

/// <summary>Inputs with the outputs which the variant gave where it was made. A device that can't reproduce them does not activate it.</summary>
/// <param name="Variant">Digest of the variant's bytes.</param>
/// <param name="Cases">At least one.</param>
/// <param name="Tolerance">Largest absolute difference allowed per output element, by output name; derived from calibration.</param>
public sealed record GoldenSet(Sha256Digest Variant, IReadOnlyList<GoldenCase> Cases, IReadOnlyDictionary<string, double> Tolerance);

/// <summary>One golden run.</summary>
public sealed record GoldenCase(IReadOnlyList<GoldenTensor> Inputs, IReadOnlyList<GoldenTensor> Outputs);

/// <summary>A float32 tensor.</summary>
/// <param name="Name">Input or output name.</param>
/// <param name="Dimensions">All fixed.</param>
/// <param name="Data">Row-major little-endian float32; base64 in JSON.</param>
public sealed record GoldenTensor(string Name, IReadOnlyList<long> Dimensions, byte[] Data);
