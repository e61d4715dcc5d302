using System.Net;
using System.Net.Sockets;
using EdgeFleet.Tests.Support;
using Microsoft.Data.Sqlite;

namespace EdgeFleet.Tests.Silo.Hosting;

/// <summary>The silo as a process: what it says when it can't start.</summary>
public sealed class StartupTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task A_port_in_use_is_one_line_with_the_cure()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;

        var line = await FailureOf("--url", $"http://127.0.0.1:{port}", "--data", _folder.Path);

        line.ShouldContain(port.ToString());
        line.ShouldContain("in use");
        line.ShouldContain("--url");
    }

    [Fact]
    public async Task A_second_silo_on_the_same_folder_is_one_line_with_the_cure()
    {
        using var first = SiloProcess.Start("--url", "http://127.0.0.1:0", "--data", _folder.Path);
        await first.UrlAsync();

        var line = await FailureOf("--url", "http://127.0.0.1:0", "--data", _folder.Path);

        line.ShouldContain("in use by another silo");
        line.ShouldContain("--data");
    }

    [Theory]
    [InlineData("--nonsense", "1", "--nonsense")]
    [InlineData("--url", "elsewhere", "'elsewhere' is not an http address")]
    [InlineData("--set", "oops", "'oops' has no '='")]
    [InlineData("--max-upload-mb", "0", "MaxMegabytes")]
    [InlineData("--max-upload-mb", "many", "many")]
    public async Task A_bad_option_is_one_line_that_names_it(string option, string value, string named) =>
        (await FailureOf(option, value, "--data", _folder.Path)).ShouldContain(named);

    [Fact]
    public async Task A_data_folder_that_is_a_file_is_one_line_with_the_cure()
    {
        var file = _folder.File("file");
        await File.WriteAllTextAsync(file, "");

        (await FailureOf("--url", "http://127.0.0.1:0", "--data", file)).ShouldContain("--data");
    }

    [Fact]
    public async Task A_damaged_database_is_one_line_with_the_cure()
    {
        await File.WriteAllTextAsync(_folder.File("fleet.db"), new string('x', 10_000));

        (await FailureOf("--url", "http://127.0.0.1:0", "--data", _folder.Path)).ShouldContain("the database is damaged");
    }

    [Fact]
    public async Task A_locked_grain_database_is_one_line_with_the_cure()
    {
        await using var holder = new SqliteConnection($"Data Source={_folder.File("grains.db")};Pooling=False");
        await holder.OpenAsync();
        await using var command = holder.CreateCommand();
        command.CommandText = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;";
        await command.ExecuteNonQueryAsync();

        (await FailureOf("--url", "http://127.0.0.1:0", "--data", _folder.Path)).ShouldContain("grains.db");
    }

    [Fact]
    public async Task A_missing_onnx_runtime_is_one_line_with_the_cure()
    {
        using var silo = SiloProcess.StartWith(new() { ["EDGEFLEET_ORT_LIB"] = "/nowhere/libonnxruntime.so" }, "--url", "http://127.0.0.1:0", "--data", _folder.Path);

        (await silo.ExitCodeAsync()).ShouldBe(1);
        silo.Error.ShouldHaveSingleItem().ShouldContain("/nowhere/libonnxruntime.so");
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<string> FailureOf(params string[] arguments)
    {
        using var silo = SiloProcess.Start(arguments);
        (await silo.ExitCodeAsync()).ShouldBe(1);
        silo.Output.ShouldBeEmpty();
        return silo.Error.ShouldHaveSingleItem();
    }
}
