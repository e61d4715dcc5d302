using System.Diagnostics.CodeAnalysis;

namespace EdgeFleet.Contracts.Ids;

/// <summary>The one rule for every name that becomes a topic level, a URL segment or a file name.</summary>
/// <remarks>1 to 64 characters of a-z, A-Z, 0-9, '.', '_', '-', starting with a letter or digit; so never "..", '/', '+', '#' or a blank.</remarks>
public static class Identifier
{
    public const int MaxLength = 64;

    public static bool IsValid([NotNullWhen(true)] string? value)
    {
        if (string.IsNullOrEmpty(value) || value.Length > MaxLength || !char.IsAsciiLetterOrDigit(value[0]))
        {
            return false;
        }

        foreach (var c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    internal static string Require(string? value, string what) =>
        IsValid(value)
            ? value
            : throw new FormatException(
                $"'{value}' is not a {what}: 1 to {MaxLength} letters, digits, '.', '_' or '-', starting with a letter or digit.");
}
