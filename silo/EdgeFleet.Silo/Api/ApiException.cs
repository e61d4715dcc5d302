namespace EdgeFleet.Silo.Api;

/// <summary>A request can't be done; becomes a ProblemDetails answer.</summary>
internal sealed class ApiException(int status, string title, string detail, IReadOnlyDictionary<string, object?>? extensions = null)
    : Exception(detail)
{
    /// <summary>HTTP status, 4xx or 5xx.</summary>
    public int Status { get; } = status;

    /// <summary>What kind of problem, the same for each of its kind.</summary>
    public string Title { get; } = title;

    /// <summary>Further members of the answer, such as <c>node</c> or <c>file</c>.</summary>
    public IReadOnlyDictionary<string, object?> Extensions { get; } = extensions ?? new Dictionary<string, object?>();

    public static ApiException BadRequest(string detail) => new(StatusCodes.Status400BadRequest, "Bad request", detail);

    public static ApiException NotFound(string what, string id) => new(StatusCodes.Status404NotFound, "Not found", $"There is no {what} '{id}'.");

    public static ApiException Conflict(string detail) => new(StatusCodes.Status409Conflict, "Conflict", detail);

    public static ApiException TooLarge(string detail) => new(StatusCodes.Status413PayloadTooLarge, "Too large", detail);
}
