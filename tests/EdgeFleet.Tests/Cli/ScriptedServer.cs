using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Tests.Cli;

/// <summary>A real web server that answers as a test says, and remembers what it was asked.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, Queue<(int Status, string ContentType, string Body)>> _answers = [];
    private readonly List<(string Request, string Body)> _asked = [];

    private ScriptedServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public string Url => _app.Urls.First();

    public IReadOnlyList<(string Request, string Body)> Asked => _asked;

    public static async Task<ScriptedServer> StartAsync()
    {
        var server = new ScriptedServer();
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Answers in order; the last one again and again.</summary>
    public ScriptedServer On(string request, string body, int status = 200, string contentType = "application/json")
    {
        if (!_answers.TryGetValue(request, out var queue))
        {
            _answers[request] = queue = new();
        }

        queue.Enqueue((status, contentType, body));
        return this;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}";
        using var reader = new StreamReader(context.Request.Body);
        _asked.Add((request, await reader.ReadToEndAsync(context.RequestAborted)));
        if (!_answers.TryGetValue(request, out var queue))
        {
            context.Response.StatusCode = 404;
            return;
        }

        var (status, contentType, body) = queue.Count > 1 ? queue.Dequeue() : queue.Peek();
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        await context.Response.WriteAsync(body, context.RequestAborted);
    }
}
