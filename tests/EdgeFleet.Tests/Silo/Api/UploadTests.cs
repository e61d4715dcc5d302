using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Silo.Api;

/// <summary>Uploads, good and bad: whatever is refused leaves nothing behind.</summary>
public sealed class UploadTests(UploadTests.Shared shared) : IClassFixture<UploadTests.Shared>
{
    private static readonly byte[] Lenet = File.ReadAllBytes(RepositoryRoot.TestModel("lenet-mnist.onnx"));
    private static readonly byte[] Calibration = File.ReadAllBytes(RepositoryRoot.Path("tests", "data", "mnist-calib512-images-idx3-ubyte.gz"));
    private static readonly byte[] Labels = File.ReadAllBytes(RepositoryRoot.Path("tests", "data", "mnist-calib512-labels-idx1-ubyte.gz"));

    private HttpClient Http => shared.Silo.Http;

    [Fact]
    public async Task A_good_model_is_taken_once_the_same_again_is_the_same_and_another_under_its_name_is_a_conflict()
    {
        using var first = await Http.PostAsync("/api/v1/models", Form("lenet", "1", Lenet, ("calibration", "images.gz", Calibration), ("labels", "labels.gz", Labels)));
        first.StatusCode.ShouldBe(HttpStatusCode.Created, await first.Content.ReadAsStringAsync());
        var manifest = JsonSerializer.Deserialize(await first.Content.ReadAsStringAsync(), WireJson.Default.ModelManifest)!;
        manifest.Model.Value.ShouldBe("lenet:1");
        manifest.Parameters.ShouldBeGreaterThan(1000);
        manifest.Artifact.SizeBytes.ShouldBe(Lenet.Length);

        using var again = await Http.PostAsync("/api/v1/models", Form("lenet", "1", Lenet, ("calibration", "images.gz", Calibration), ("labels", "labels.gz", Labels)));
        again.StatusCode.ShouldBe(HttpStatusCode.OK);

        using var other = await Http.PostAsync("/api/v1/models", Form("lenet", "1", Lenet));
        await ShouldRefuse(other, 409, "lenet:1");

        using var view = await Http.GetAsync("/api/v1/models/lenet:1");
        view.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task No_onnx_file() => await Refused(Form("bad", "1", Encoding.UTF8.GetBytes("this is no model, but long enough to be one")), 422, "");

    [Fact]
    public async Task A_truncated_model() => await Refused(Form("bad", "1", Lenet[..(Lenet.Length / 2)]), 422, "");

    [Fact]
    public async Task An_empty_model() => await Refused(Form("bad", "1", []), 400, "empty");

    [Fact]
    public async Task A_body_without_parts() => await Refused(new MultipartFormDataContent(), 400, "");

    [Fact]
    public async Task A_model_without_a_name()
    {
        using var form = new MultipartFormDataContent();
        form.Add(new ByteArrayContent(Lenet), "model", "lenet.onnx");
        await Refused(form, 400, "'name'");
    }

    [Theory]
    [InlineData("../etc", "1", "../etc")]
    [InlineData("lenet", "1:2", "1:2")]
    [InlineData("", "1", "model name")]
    public async Task A_name_or_version_that_is_no_identifier(string name, string version, string named) =>
        await Refused(Form(name, version, Lenet), 400, named);

    [Theory]
    [InlineData("divisor", "0", "0")]
    [InlineData("divisor", "NaN", "NaN")]
    [InlineData("stddev", "many", "many")]
    public async Task Scaling_that_is_no_number(string part, string value, string named)
    {
        using var form = Form("bad", "1", Lenet);
        form.Add(new StringContent(value), part);
        await Refused(form, 400, named);
    }

    [Fact]
    public async Task A_part_that_there_is_not()
    {
        using var form = Form("bad", "1", Lenet);
        form.Add(new StringContent("x"), "firmware");
        await Refused(form, 400, "firmware");
    }

    [Fact]
    public async Task The_same_part_twice() => await Refused(Form("bad", "1", Lenet, ("model", "again.onnx", Lenet)), 400, "twice");

    [Theory]
    [InlineData("../weights.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("a/b")]
    public async Task External_data_under_a_name_that_is_a_path(string name) => await Refused(Form("bad", "1", Lenet, ("data", name, [1])), 400, "without folders");

    [Fact]
    public async Task Calibration_of_another_shape()
    {
        // IDX: uint8, 2 samples of 3 x 3.
        byte[] idx = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3, .. new byte[18]];
        var problem = await Refused(Form("bad", "1", Lenet, ("calibration", "tiny.idx", idx)), 422, "tiny.idx");
        problem["subject"]!.GetValue<string>().ShouldBe("tiny.idx");
    }

    [Fact]
    public async Task Calibration_that_is_no_sample_file() =>
        await Refused(Form("bad", "1", Lenet, ("calibration", "notes.txt", Encoding.UTF8.GetBytes("not samples"))), 422, "notes.txt");

    [Fact]
    public async Task Labels_that_are_fewer_than_the_samples()
    {
        byte[] idx = [0, 0, 8, 1, 0, 0, 0, 2, 1, 2];
        await Refused(Form("bad", "1", Lenet, ("calibration", "images.gz", Calibration), ("labels", "two.idx", idx)), 422, "two.idx");
    }

    [Fact]
    public async Task Labels_without_samples() => await Refused(Form("bad", "1", Lenet, ("labels", "labels.gz", Labels)), 400, "calibration");

    [Fact]
    public async Task More_bytes_than_the_limit() => await Refused(Form("bad", "1", new byte[3 * 1024 * 1024]), 413, "--max-upload-mb");

    [Fact]
    public async Task A_body_that_breaks_off()
    {
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes("--x\r\nContent-Disposition: form-data; name=\"model\"; filename=\"m\"\r\n\r\nabc"));
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=x");
        await Refused(content, 400, "broken");
    }

    private static MultipartFormDataContent Form(string name, string version, byte[] model, params (string Part, string Name, byte[] Bytes)[] files)
    {
        var form = new MultipartFormDataContent
        {
            { new StringContent(name), "name" },
            { new StringContent(version), "version" },
            { new ByteArrayContent(model), "model", "model.onnx" },
        };
        foreach (var file in files)
        {
            form.Add(new ByteArrayContent(file.Bytes), file.Part, file.Name);
        }

        return form;
    }

    private async Task<JsonNode> Refused(HttpContent form, int status, string named)
    {
        var before = Artifacts();
        using var response = await Http.PostAsync("/api/v1/models", form);
        var problem = await ShouldRefuse(response, status, named);
        Artifacts().ShouldBe(before);
        Directory.EnumerateFileSystemEntries(Path.Combine(shared.Silo.Folder, "work")).ShouldBeEmpty();
        using var view = await Http.GetAsync("/api/v1/models/bad:1");
        view.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        return problem;
    }

    private static async Task<JsonNode> ShouldRefuse(HttpResponseMessage response, int status, string named)
    {
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(status, text);
        var problem = JsonNode.Parse(text)!;
        problem["detail"]!.GetValue<string>().ShouldContain(named);
        return problem;
    }

    private List<string> Artifacts() =>
        [.. Directory.EnumerateFiles(Path.Combine(shared.Silo.Folder, "artifacts"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    public sealed class Shared : IAsyncLifetime
    {
        internal SiloFixture Silo { get; private set; } = null!;

        public async Task InitializeAsync() => Silo = await SiloFixture.StartAsync(new() { ["Upload:MaxMegabytes"] = "2" });

        public async Task DisposeAsync() => await Silo.DisposeAsync();
    }
}
