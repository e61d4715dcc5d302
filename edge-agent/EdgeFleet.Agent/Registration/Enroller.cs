using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using EdgeFleet.Contracts.Api;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Json;
using Microsoft.Extensions.Logging;

namespace EdgeFleet.Agent.Registration;

/// <summary>Gets the device let in: a token and a signing request against a certificate and the broker's address.</summary>
internal sealed partial class Enroller(
    HttpClient http, IdentityStore store, TimeProvider time, Random random, ILogger<Enroller> logger)
{
    private const int MaxAnswerBytes = 256 * 1024;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);

    /// <summary>Asks until the server answers; a server that is not up yet is waited for.</summary>
    /// <exception cref="EnrolmentException">The server refused for good.</exception>
    public async Task<DeviceIdentity> EnrolAsync(Uri server, string token, DeviceId device, CancellationToken cancellationToken)
    {
        var request = new EnrolRequest(token, device, store.CreateSigningRequest(device));
        var wait = FirstWait;
        string? told = null;
        while (true)
        {
            var (response, problem) = await AskAsync(server, request, cancellationToken);
            if (response is not null)
            {
                var identity = Keep(device, response);
                LogEnrolled(device, identity.BrokerHost, identity.BrokerPort);
                return identity;
            }

            if (problem != told)
            {
                LogWaiting(device, server, problem!);
                told = problem;
            }

            await Task.Delay(wait * (0.5 + (0.5 * random.NextDouble())), time, cancellationToken);
            wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, LongestWait.Ticks));
        }
    }

    private DeviceIdentity Keep(DeviceId device, EnrolResponse response)
    {
        try
        {
            return store.Save(device, response);
        }
        catch (CryptographicException e)
        {
            throw new EnrolmentException($"The server's enrolment answer can't be used: {e.Message}", e);
        }
    }

    /// <returns>The answer, or why to try again.</returns>
    private async Task<(EnrolResponse? Response, string? Problem)> AskAsync(Uri server, EnrolRequest request, CancellationToken cancellationToken)
    {
        try
        {
            using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, WireJson.Default.EnrolRequest));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await http.PostAsync(new Uri(server, "/api/v1/enrol"), content, cancellationToken);
            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken);
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return (JsonSerializer.Deserialize(body, WireJson.Default.EnrolResponse), "the answer is empty");
            }

            var status = (int)response.StatusCode;
            if (status >= 500 || response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests)
            {
                return (null, $"the server answers {status}");
            }

            throw new EnrolmentException($"{server} refused to enrol {request.Device} ({status}): {ReasonOf(body)} Give a valid --token and --id.");
        }
        catch (HttpRequestException e)
        {
            return (null, e.Message);
        }
        catch (JsonException e)
        {
            throw new EnrolmentException($"{server} answered the enrolment with something else than an answer ({e.Message}): is --server the silo's address?", e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, "the server did not answer in time");
        }
    }

    private static string ReasonOf(byte[] problem)
    {
        try
        {
            using var json = JsonDocument.Parse(problem);
            foreach (var name in (string[])["detail", "title"])
            {
                if (json.RootElement.ValueKind == JsonValueKind.Object
                    && json.RootElement.TryGetProperty(name, out var text)
                    && text.ValueKind == JsonValueKind.String)
                {
                    return text.GetString()!;
                }
            }
        }
        catch (JsonException)
        {
            // Not a problem document; the status code says enough.
        }

        return "no reason given.";
    }

    [LoggerMessage(EventId = 5501, Level = LogLevel.Information, Message = "{Device} is enrolled; its broker is {Host}:{Port}")]
    private partial void LogEnrolled(DeviceId device, string host, int port);

    [LoggerMessage(EventId = 5502, Level = LogLevel.Warning, Message = "{Device} waits for {Server} to let it in: {Reason}")]
    private partial void LogWaiting(DeviceId device, Uri server, string reason);
}

/// <summary>The device is not let in; the message says why and what to do.</summary>
internal sealed class EnrolmentException(string message, Exception? inner = null) : Exception(message, inner);
