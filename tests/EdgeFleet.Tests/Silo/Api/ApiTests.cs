using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Silo.Artifacts;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Silo.Api;

/// <summary>Every way of asking wrongly, and what it gets: one silo serves all tests of the class.</summary>
public sealed class ApiTests(ApiTests.Shared shared) : IClassFixture<ApiTests.Shared>
{
    private HttpClient Http => shared.Silo.Http;

    [Theory]
    [InlineData("GET", "/api/v1/devices/nobody", 404, "nobody")]
    [InlineData("GET", "/api/v1/devices/no!body", 400, "no!body")]
    [InlineData("POST", "/api/v1/devices/nobody/republish", 404, "nobody")]
    [InlineData("GET", "/api/v1/models/lenet:9", 404, "lenet:9")]
    [InlineData("GET", "/api/v1/models/lenet", 400, "name:version")]
    [InlineData("GET", "/api/v1/models/lenet:9/variants", 404, "lenet:9")]
    [InlineData("GET", "/api/v1/rollouts/r-9", 404, "r-9")]
    [InlineData("POST", "/api/v1/rollouts/r-9/pause", 404, "r-9")]
    [InlineData("POST", "/api/v1/rollouts/r-9/explode", 405, "/api/v1/rollouts/r-9/explode")]
    [InlineData("GET", "/api/v1/artifacts/abc", 400, "abc")]
    [InlineData("GET", "/api/v1/artifacts/0000000000000000000000000000000000000000000000000000000000000000", 404, "artifact")]
    [InlineData("DELETE", "/api/v1/devices", 405, "DELETE")]
    [InlineData("GET", "/api/v1/nothing", 404, "/api/v1/nothing")]
    [InlineData("POST", "/api/v1/models", 415, "multipart/form-data")]
    public async Task A_wrong_address_is_a_problem_with_words(string method, string path, int status, string named)
    {
        using var response = await Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        await ShouldBeProblem(response, status, named);
    }

    [Theory]
    [InlineData("", 400, "")]
    [InlineData("{", 400, "")]
    [InlineData("[]", 400, "")]
    [InlineData("{}", 400, "model")]
    [InlineData("{\"model\":\"lenet\"}", 400, "name:version")]
    [InlineData("{\"model\":\"lenet:1\",\"successThreshold\":7}", 400, "successThreshold")]
    [InlineData("{\"model\":\"lenet:1\",\"errorThreshold\":-0.1}", 400, "errorThreshold")]
    [InlineData("{\"model\":\"lenet:1\",\"agreementFloor\":\"NaN\"}", 400, "agreementFloor")]
    [InlineData("{\"model\":\"lenet:1\",\"canaryDevices\":0}", 400, "canaryDevices")]
    [InlineData("{\"model\":\"lenet:1\",\"soak\":\"-00:00:01\"}", 400, "soak")]
    [InlineData("{\"model\":\"lenet:1\",\"onError\":\"Explode\"}", 400, "onError")]
    [InlineData("{\"model\":\"lenet:1\",\"profiles\":[\"fp99\"]}", 400, "fp99")]
    [InlineData("{\"model\":\"lenet:1\",\"devices\":[\"nobody\"]}", 400, "nobody")]
    [InlineData("{\"model\":\"lenet:1\"}", 404, "lenet:1")]
    public async Task A_wrong_rollout_is_a_problem_that_names_the_field(string body, int status, string named)
    {
        using var response = await Http.PostAsync("/api/v1/rollouts", Json(body));

        await ShouldBeProblem(response, status, named);
    }

    [Fact]
    public async Task A_rollout_that_is_no_json_by_its_content_type_is_415()
    {
        using var response = await Http.PostAsync("/api/v1/rollouts", new StringContent("{}", Encoding.UTF8, "text/plain"));

        await ShouldBeProblem(response, 415, "");
    }

    [Theory]
    [InlineData("{\"token\":\"wrong\",\"device\":\"cam-1\",\"signingRequestPem\":\"x\"}", "")]
    [InlineData("{\"token\":\"wrong\",\"device\":\"../x\",\"signingRequestPem\":\"x\"}", "../x")]
    [InlineData("{\"token\":null,\"device\":\"cam-1\",\"signingRequestPem\":\"x\"}", "")]
    [InlineData("{\"device\":\"cam-1\"}", "")]
    public async Task A_wrong_enrolment_is_refused(string body, string named)
    {
        using var response = await Http.PostAsync("/api/v1/enrol", Json(body));

        ((int)response.StatusCode).ShouldBeInRange(400, 403);
        await ShouldBeProblem(response, (int)response.StatusCode, named);
    }

    [Fact]
    public async Task An_artifact_comes_whole_or_in_ranges_and_under_its_tag()
    {
        var artifact = await shared.Silo.Get<ArtifactStore>().PutAsync(Encoding.UTF8.GetBytes("0123456789"), CancellationToken.None);
        var path = $"/api/v1/artifacts/{artifact.Sha256}";

        using var whole = await Http.GetAsync(path);
        (await whole.Content.ReadAsStringAsync()).ShouldBe("0123456789");
        whole.Headers.ETag!.Tag.ShouldBe($"\"{artifact.Sha256}\"");

        using var range = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Range = new RangeHeaderValue(3, 5) } };
        using var part = await Http.SendAsync(range);
        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await part.Content.ReadAsStringAsync()).ShouldBe("345");

        using var head = await Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
        head.Content.Headers.ContentLength.ShouldBe(10);
    }

    [Fact]
    public async Task The_openapi_document_lists_every_endpoint_of_the_api()
    {
        var document = JsonNode.Parse(await Http.GetStringAsync("/openapi/v1.json"))!;

        document["openapi"]!.GetValue<string>().ShouldStartWith("3.");
        var paths = document["paths"]!.AsObject().Select(p => p.Key).ToList();
        paths.ShouldContain("/api/v1/models");
        paths.ShouldContain("/api/v1/rollouts/{id}/rollback");
        paths.ShouldContain("/api/v1/enrol");
        paths.ShouldContain("/readyz");
    }

    [Fact]
    public async Task Every_part_is_ready()
    {
        var ready = JsonNode.Parse(await Http.GetStringAsync("/readyz"))!;

        ready["ready"]!.GetValue<bool>().ShouldBeTrue();
        ready["parts"]!.AsArray().Select(p => p!["name"]!.GetValue<string>()).ShouldBe(["storage", "onnxruntime", "broker", "bridge", "desired-states"], ignoreOrder: true);
        (await Http.GetStringAsync("/healthz")).ShouldBe("ok\n");
    }

    [Fact]
    public async Task The_event_stream_begins_with_everything_as_it_is()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await using var stream = await Http.GetStreamAsync("/api/v1/events", bound.Token);
        using var reader = new StreamReader(stream);
        string? line;
        do
        {
            line = await reader.ReadLineAsync(bound.Token);
        }
        while (line is not null && line != "event: current");

        line.ShouldBe("event: current");
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static async Task ShouldBeProblem(HttpResponseMessage response, int status, string named)
    {
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(status, text);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = JsonNode.Parse(text)!;
        problem["status"]!.GetValue<int>().ShouldBe(status);
        problem["title"]!.GetValue<string>().ShouldNotBeEmpty();
        (problem["detail"]?.GetValue<string>() ?? "").ShouldContain(named);
        text.ShouldNotContain("   at EdgeFleet");
    }

    public sealed class Shared : IAsyncLifetime
    {
        internal SiloFixture Silo { get; private set; } = null!;

        public async Task InitializeAsync() => Silo = await SiloFixture.StartAsync();

        public async Task DisposeAsync() => await Silo.DisposeAsync();
    }
}
