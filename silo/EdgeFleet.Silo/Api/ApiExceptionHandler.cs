using System.Text.Json;
using EdgeFleet.Silo.Artifacts;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace EdgeFleet.Silo.Api;

/// <summary>Every exception of an endpoint becomes ProblemDetails: what went wrong for a caller's mistake, a trace id for ours.</summary>
internal sealed partial class ApiExceptionHandler(IProblemDetailsService problems, ILogger<ApiExceptionHandler> logger) : IExceptionHandler
{
    private const int ClientClosedRequest = 499;

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = ClientClosedRequest;
            return true;
        }

        var problem = Describe(exception);
        if (problem.Status >= StatusCodes.Status500InternalServerError)
        {
            var (method, path) = (httpContext.Request.Method, httpContext.Request.Path.Value);
            LogFailed(method, path, exception);
        }

        httpContext.Response.StatusCode = problem.Status!.Value;
        return await problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = problem });
    }

    private static ProblemDetails Describe(Exception exception) => exception switch
    {
        ApiException e => WithExtensions(Problem(e.Status, e.Title, e.Message), e.Extensions),
        BadHttpRequestException { InnerException: JsonException json } e => Problem(e.StatusCode, "Malformed JSON", json.Message),
        BadHttpRequestException e => Problem(e.StatusCode, e.StatusCode == 413 ? "Too large" : "Bad request", e.Message),
        JsonException e => Problem(StatusCodes.Status400BadRequest, "Malformed JSON", e.Message),
        FormatException e => Problem(StatusCodes.Status400BadRequest, "Bad request", e.Message),
        ArtifactTooLargeException e => Problem(StatusCodes.Status413PayloadTooLarge, "Too large", e.Message),
        TimeoutException => Problem(StatusCodes.Status503ServiceUnavailable, "Busy", "The silo did not get to it in time; try again."),
        _ => Problem(StatusCodes.Status500InternalServerError, "Internal error", "The silo failed; its log has the details under this trace id."),
    };

    private static ProblemDetails Problem(int status, string title, string detail) => new() { Status = status, Title = title, Detail = detail };

    private static ProblemDetails WithExtensions(ProblemDetails problem, IReadOnlyDictionary<string, object?> extensions)
    {
        foreach (var (key, value) in extensions)
        {
            problem.Extensions[key] = value;
        }

        return problem;
    }

    [LoggerMessage(EventId = 1301, Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private partial void LogFailed(string method, string? path, Exception exception);
}
