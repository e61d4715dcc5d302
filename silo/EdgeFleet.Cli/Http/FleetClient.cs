using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Contracts.Rollouts;

namespace EdgeFleet.Cli.Http;

/// <summary>The silo's HTTP API.</summary>
/// <remarks>Every call throws <see cref="ServerRefusedException"/> with the server's reason, or <see cref="ServerUnreachableException"/>.</remarks>
internal sealed class FleetClient : IDisposable
{
    private const string Root = "api/v1/";

    /// <summary>For an answer to anything but an upload.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;

    public FleetClient(Uri server)
    {
        Server = new Uri(server.AbsoluteUri.TrimEnd('/') + "/");
        _http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5), UseProxy = !server.IsLoopback })
        {
            BaseAddress = Server,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public Uri Server { get; }

    public Task<DeviceList> DevicesAsync(CancellationToken cancellationToken) => GetAsync("devices", WireJson.Default.DeviceList, cancellationToken);

    public Task<DeviceView> DeviceAsync(DeviceId device, CancellationToken cancellationToken) =>
        GetAsync($"devices/{device}", WireJson.Default.DeviceView, cancellationToken);

    public Task<ModelList> ModelsAsync(CancellationToken cancellationToken) => GetAsync("models", WireJson.Default.ModelList, cancellationToken);

    public Task<ModelView> ModelAsync(ModelId model, CancellationToken cancellationToken) =>
        GetAsync($"models/{model}", WireJson.Default.ModelView, cancellationToken);

    public Task<RolloutList> RolloutsAsync(CancellationToken cancellationToken) => GetAsync("rollouts", WireJson.Default.RolloutList, cancellationToken);

    public Task<RolloutInfo> RolloutAsync(RolloutId rollout, CancellationToken cancellationToken) =>
        GetAsync($"rollouts/{rollout}", WireJson.Default.RolloutInfo, cancellationToken);

    /// <summary>Uploads a model; returns when the silo checked and stored it.</summary>
    /// <exception cref="IOException">A file can't be read.</exception>
    public async Task<ModelManifest> PushModelAsync(ModelUpload upload, CancellationToken cancellationToken)
    {
        using var form = upload.ToForm();
        return await SendAsync(HttpMethod.Post, Root + "models", form, WireJson.Default.ModelManifest, Timeout.InfiniteTimeSpan, cancellationToken);
    }

    /// <summary>Asks for a variant; it may still be in production when this returns.</summary>
    public async Task<VariantInfo> EnsureVariantAsync(ModelId model, CompressionProfile profile, CancellationToken cancellationToken)
    {
        using var body = Json(JsonSerializer.SerializeToUtf8Bytes(new VariantRequest(profile), CliJson.Default.VariantRequest));
        return await SendAsync(HttpMethod.Post, $"{Root}models/{model}/variants", body, WireJson.Default.VariantInfo, AnswerTime, cancellationToken);
    }

    /// <param name="id">A name of the caller's choice; null lets the silo choose one.</param>
    public async Task<RolloutId> StartRolloutAsync(RolloutSpec spec, RolloutId? id, CancellationToken cancellationToken)
    {
        using var body = Json(JsonSerializer.SerializeToUtf8Bytes(spec, WireJson.Default.RolloutSpec));
        var path = id is { } named ? $"{Root}rollouts?id={named}" : Root + "rollouts";
        return (await SendAsync(HttpMethod.Post, path, body, WireJson.Default.RolloutAccepted, AnswerTime, cancellationToken)).Rollout;
    }

    /// <param name="action"><c>pause</c>, <c>resume</c>, <c>cancel</c> or <c>rollback</c>.</param>
    public async Task ActOnRolloutAsync(RolloutId rollout, string action, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, $"{Root}rollouts/{rollout}/{action}", null, AnswerTime, cancellationToken);
    }

    /// <summary>Stops the silo's own broker for a while: only a silo that was started for a demonstration does it.</summary>
    public async Task StopBrokerAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        var path = $"{Root}broker/stop?seconds={(int)time.TotalSeconds}";
        using var response = await SendAsync(HttpMethod.Post, path, null, AnswerTime, cancellationToken);
    }

    /// <summary>Whether every part of the silo works, and its words on it.</summary>
    public async Task<(bool Ready, string Words)> ReadyAsync(CancellationToken cancellationToken)
    {
        using var response = await AskAsync(HttpMethod.Get, "readyz", null, AnswerTime, cancellationToken);
        return (response.IsSuccessStatusCode, (await response.Content.ReadAsStringAsync(cancellationToken)).Trim());
    }

    public void Dispose() => _http.Dispose();

    private static ByteArrayContent Json(byte[] bytes) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Root + path, null, type, AnswerTime, cancellationToken);

    private async Task<T> SendAsync<T>(
        HttpMethod method, string path, HttpContent? body, JsonTypeInfo<T> type, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, body, atMost, cancellationToken);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            return await JsonSerializer.DeserializeAsync(stream, type, cancellationToken)
                ?? throw new ServerRefusedException("Unexpected answer", $"{path} answered nothing.", (int)response.StatusCode);
        }
        catch (JsonException e)
        {
            throw new ServerRefusedException("Unexpected answer", $"{Server}{path} did not answer as an EdgeFleet silo of this version: {e.Message}", (int)response.StatusCode);
        }
        catch (HttpRequestException e)
        {
            throw new ServerUnreachableException(Server, e.Message, e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? body, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var response = await AskAsync(method, path, body, atMost, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await ProblemReader.ReadAsync(response, cancellationToken);
        }
    }

    private async Task<HttpResponseMessage> AskAsync(
        HttpMethod method, string path, HttpContent? body, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(atMost);
        using var request = new HttpRequestMessage(method, path) { Content = body };
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, limit.Token);
        }
        catch (HttpRequestException e)
        {
            throw new ServerUnreachableException(Server, (e.InnerException ?? e).Message, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServerUnreachableException(Server, $"no answer within {atMost.TotalSeconds:0} s", e);
        }
    }
}
