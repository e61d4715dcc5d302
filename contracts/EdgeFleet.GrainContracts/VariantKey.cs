using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Contracts.Models;

namespace EdgeFleet.GrainContracts;

/// <summary>Key of an <see cref="IVariantGrain"/>: all that decides a variant's bytes, so that equal work is done once.</summary>
/// <remarks>
/// <c>{sha256 of the source}/{profile}/{data}</c>, where data is <c>-</c> for a model without calibration data and otherwise the
/// SHA-256 of the calibration's and labels' digests and the input scaling.
/// </remarks>
public static class VariantKey
{
    public static string Of(ModelManifest manifest, CompressionProfile profile) =>
        $"{manifest.Artifact.Sha256.Value}/{profile.Value}/{DataOf(manifest)}";

    /// <summary>The profile in a key.</summary>
    /// <exception cref="FormatException">The text is no variant key.</exception>
    public static CompressionProfile ProfileOf(string key)
    {
        var parts = key.Split('/');
        return parts.Length == 3
            ? CompressionProfile.Parse(parts[1])
            : throw new FormatException($"'{key}' is not a variant key: {{source}}/{{profile}}/{{data}}.");
    }

    private static string DataOf(ModelManifest manifest)
    {
        if (manifest.Calibration is null)
        {
            return "-";
        }

        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{manifest.Calibration.Sha256.Value}|{manifest.Labels?.Sha256.Value}|{manifest.Input.Divisor:R}|{manifest.Input.Mean:R}|{manifest.Input.StdDev:R}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
