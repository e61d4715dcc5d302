using System.Text;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Silo.Artifacts;
using EdgeFleet.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeFleet.Tests.Silo.Artifacts;

public sealed class ArtifactStoreTests : IDisposable
{
    private static readonly byte[] Hello = Encoding.UTF8.GetBytes("hello");
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task What_is_put_is_found_under_its_digest()
    {
        var store = Open();

        var artifact = await store.PutAsync(Hello, CancellationToken.None);

        artifact.Sha256.Value.ShouldBe("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        artifact.SizeBytes.ShouldBe(5);
        store.Find(artifact.Sha256).ShouldBe(artifact);
        (await store.ReadVerifiedAsync(artifact.Sha256, CancellationToken.None)).ShouldBe(Hello);
    }

    [Fact]
    public async Task The_same_bytes_at_once_from_many_are_one_file()
    {
        var store = Open();

        var artifacts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => store.PutAsync(Hello, CancellationToken.None)));

        artifacts.Distinct().Count().ShouldBe(1);
        Files().Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_stream_beyond_the_limit_is_refused_and_leaves_nothing()
    {
        var store = Open();
        using var source = new MemoryStream(new byte[1001]);

        var refused = await Should.ThrowAsync<ArtifactTooLargeException>(() => store.PutAsync(source, 1000, CancellationToken.None));

        refused.LimitBytes.ShouldBe(1000);
        Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stream_of_exactly_the_limit_is_taken()
    {
        using var source = new MemoryStream(new byte[1000]);

        (await Open().PutAsync(source, 1000, CancellationToken.None)).SizeBytes.ShouldBe(1000);
    }

    [Fact]
    public async Task A_stream_that_breaks_leaves_nothing()
    {
        var store = Open();

        await Should.ThrowAsync<IOException>(() => store.PutAsync(new BrokenStream(), long.MaxValue, CancellationToken.None));

        Files().ShouldBeEmpty();
    }

    [Fact]
    public void What_a_killed_write_left_is_gone_after_the_next_start()
    {
        Open();
        File.WriteAllBytes(_folder.File("artifacts", "tmp", "half"), new byte[100]);

        var store = Open();

        Files().ShouldBeEmpty();
        store.Find(Sha256Digest.Of(new byte[100])).ShouldBeNull();
    }

    [Fact]
    public async Task A_bit_that_flipped_on_disk_is_found_and_the_same_upload_heals_it()
    {
        var store = Open();
        var artifact = await store.PutAsync(Hello, CancellationToken.None);
        var path = store.RequirePath(artifact.Sha256);
        File.SetAttributes(path, FileAttributes.Normal);
        await File.WriteAllBytesAsync(path, Encoding.UTF8.GetBytes("hellO"));

        var damaged = await Should.ThrowAsync<InvalidDataException>(() => store.ReadVerifiedAsync(artifact.Sha256, CancellationToken.None));
        damaged.Message.ShouldContain(artifact.Sha256.Value);

        await store.PutAsync(Hello, CancellationToken.None);
        (await store.ReadVerifiedAsync(artifact.Sha256, CancellationToken.None)).ShouldBe(Hello);
    }

    [Fact]
    public void A_digest_without_artifact_is_null_or_a_named_exception()
    {
        var digest = Sha256Digest.Of([1]);

        Open().Find(digest).ShouldBeNull();
        Should.Throw<FileNotFoundException>(() => Open().OpenRead(digest)).Message.ShouldContain(digest.Value);
    }

    public void Dispose() => _folder.Dispose();

    private ArtifactStore Open() => new(_folder.File("artifacts"), NullLogger<ArtifactStore>.Instance);

    private List<string> Files() => [.. Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories)];

    private sealed class BrokenStream : MemoryStream
    {
        private int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _reads++ == 0 ? ValueTask.FromResult(10) : throw new IOException("the sender went away");
    }
}
