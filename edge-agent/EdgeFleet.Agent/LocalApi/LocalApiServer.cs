using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeFleet.Agent.Inference;
using EdgeFleet.Agent.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Agent.LocalApi;

/// <summary>HTTP on loopback for applications on the device: <c>GET /healthz</c>, <c>GET /v1/status</c>, <c>POST /v1/infer</c>.</summary>
internal sealed class LocalApiServer : IAsyncDisposable
{
    private const long MaxSampleBytes = 16 * 1024 * 1024;

    private readonly WebApplication _app;

    private LocalApiServer(WebApplication app) => _app = app;

    /// <summary>Listens when it returns.</summary>
    /// <param name="answer">Answers a raw sample; null where nothing serves or the sample does not fit.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<LocalApiServer> StartAsync(
        int port, Func<LocalStatus> status, Func<Sample, InferenceResult?> answer, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Listen(IPAddress.Loopback, port);
            k.AddServerHeader = false;
            k.Limits.MaxRequestBodySize = MaxSampleBytes;
        });
        var app = builder.Build();
        app.Run(context => HandleAsync(context, status, answer));
        await app.StartAsync(cancellationToken);
        return new LocalApiServer(app);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static async Task HandleAsync(HttpContext context, Func<LocalStatus> status, Func<Sample, InferenceResult?> answer)
    {
        switch (context.Request.Method, context.Request.Path.Value)
        {
            case ("GET", "/healthz"):
                var serving = status().Reported.Active is not null;
                context.Response.StatusCode = serving ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
                await context.Response.WriteAsync(serving ? "serving\n" : "no variant yet\n", context.RequestAborted);
                break;
            case ("GET", "/v1/status"):
                await WriteAsync(context, status(), AgentJson.Default.LocalStatus);
                break;
            case ("POST", "/v1/infer"):
                await InferAsync(context, status, answer);
                break;
            default:
                await ProblemAsync(context, StatusCodes.Status404NotFound, "There are GET /healthz, GET /v1/status and POST /v1/infer.");
                break;
        }
    }

    private static async Task InferAsync(HttpContext context, Func<LocalStatus> status, Func<Sample, InferenceResult?> answer)
    {
        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        }
        catch (BadHttpRequestException e)
        {
            await ProblemAsync(context, e.StatusCode, $"The sample can't be taken: {e.Message} (at most {MaxSampleBytes} bytes).");
            return;
        }

        if (answer(new Sample(body.ToArray(), null)) is { } result)
        {
            await WriteAsync(context, new LocalAnswer(result.Top1, result.Scores), AgentJson.Default.LocalAnswer);
        }
        else if (status().Reported.Active is null)
        {
            await ProblemAsync(context, StatusCodes.Status503ServiceUnavailable, "No variant is installed yet.");
        }
        else
        {
            await ProblemAsync(context, StatusCodes.Status422UnprocessableEntity, $"The model gives no answer for these {body.Length} bytes.");
        }
    }

    private static async Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value, type), context.RequestAborted);
    }

    private static async Task ProblemAsync(HttpContext context, int code, string detail)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/problem+json";
        using var stream = new MemoryStream();
        await using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("status", code);
            json.WriteString("detail", detail);
            json.WriteEndObject();
        }

        await context.Response.Body.WriteAsync(stream.ToArray(), context.RequestAborted);
    }
}
