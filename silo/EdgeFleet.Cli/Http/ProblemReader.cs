using System.Text.Json;

namespace EdgeFleet.Cli.Http;

/// <summary>Reads the server's reason out of an error answer, whatever its form.</summary>
internal static class ProblemReader
{
    private const int MostCharacters = 2000;

    public static async Task<ServerRefusedException> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            if (JsonSerializer.Deserialize(text, CliJson.Default.Problem) is { } problem && (problem.Title ?? problem.Detail) is not null)
            {
                return new ServerRefusedException(problem.Title ?? $"HTTP {status}", problem.Detail, status);
            }
        }
        catch (JsonException)
        {
            // Not a problem document: a proxy's page, say. Its text is all there is to show.
        }

        var line = OneLine(text);
        return new ServerRefusedException($"HTTP {status} {response.ReasonPhrase}", line.Length == 0 ? null : line, status);
    }

    /// <summary>Without line breaks, and not endless.</summary>
    public static string OneLine(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= MostCharacters ? line : line[..MostCharacters] + "…";
    }
}
