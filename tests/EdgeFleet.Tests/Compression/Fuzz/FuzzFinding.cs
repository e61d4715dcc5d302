namespace EdgeFleet.Tests.Compression.Fuzz;

/// <summary>An input that the product did not take as it must.</summary>
/// <param name="Target">Whose input.</param>
/// <param name="Index">Its number in the run; with the seed it makes the input again.</param>
/// <param name="What">What happened.</param>
/// <param name="Input">A copy of its bytes.</param>
internal sealed record FuzzFinding(string Target, long Index, string What, byte[] Input);
