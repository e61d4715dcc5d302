using EdgeFleet.Agent.Install;
using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Contracts.Ids;
using EdgeFleet.Contracts.Models;
using EdgeFleet.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeFleet.Tests.Agent.Install;

public sealed class ArtifactDownloaderTests
{
    private const int ChunkBytes = 1024;

    private static readonly InstallOptions Quick = new()
    {
        Stall = TimeSpan.FromMilliseconds(40),
        StallMax = TimeSpan.FromMilliseconds(160),
        Quiet = TimeSpan.FromMilliseconds(15),
        NoProgressLimit = TimeSpan.FromMinutes(1),
    };

    private readonly byte[] _bytes = RandomBytes((40 * ChunkBytes) + 17);

    private ArtifactRef Artifact => new(Sha256Digest.Of(_bytes), _bytes.Length);

    [Fact]
    public async Task All_chunks_in_order_make_the_artifact()
    {
        using var folder = new TempFolder();
        var wire = new ScriptedChunks(_bytes, ChunkBytes);
        var outcome = await Fetch(folder, wire);
        outcome.ShouldBe(new DownloadOutcome(InstallFailure.None, null, _bytes.Length));
        File.ReadAllBytes(folder.File(Artifact.Sha256.Value)).ShouldBe(_bytes);
        wire.Requests.Count.ShouldBe(1);
        wire.Subscriptions.ShouldBe(0);
        Directory.GetFiles(folder.Path).Length.ShouldBe(1, "no partial file or map stays");
    }

    [Fact]
    public async Task Chunks_lost_doubled_out_of_order_and_damaged_are_made_good()
    {
        using var folder = new TempFolder();
        var random = new Random(5);
        var wire = new ScriptedChunks(_bytes, ChunkBytes)
        {
            Send = (asked, sink) =>
            {
                var row = asked.Concat(asked.Where(_ => random.Next(3) == 0)).ToArray();
                random.Shuffle(row);
                foreach (var chunk in row.Where(_ => random.Next(3) > 0))
                {
                    var message = chunk.Encode();
                    if (random.Next(4) == 0)
                    {
                        message[random.Next(message.Length)] ^= (byte)(1 << random.Next(8));
                    }

                    sink(message);
                }
            },
        };
        var outcome = await Fetch(folder, wire);
        outcome.Failure.ShouldBe(InstallFailure.None);
        outcome.BytesReceived.ShouldBeGreaterThan(_bytes.Length);
        File.ReadAllBytes(folder.File(Artifact.Sha256.Value)).ShouldBe(_bytes);
    }

    [Fact]
    public async Task A_chunk_with_a_flipped_bit_is_asked_for_again_and_only_that_chunk()
    {
        using var folder = new TempFolder();
        var wire = new ScriptedChunks(_bytes, ChunkBytes);
        wire.Send = (asked, sink) =>
        {
            foreach (var chunk in asked)
            {
                var message = chunk.Encode();
                if (chunk.Index == 7 && wire.Requests.Count == 1)
                {
                    message[^1] ^= 1;
                }

                sink(message);
            }
        };
        (await Fetch(folder, wire)).Failure.ShouldBe(InstallFailure.None);
        wire.Requests.Count.ShouldBe(2);
        wire.Requests[1].ShouldBe([7]);
    }

    [Fact]
    public async Task Chunks_of_another_size_or_artifact_length_have_no_effect()
    {
        using var folder = new TempFolder();
        var wire = new ScriptedChunks(_bytes, ChunkBytes);
        wire.Send = (asked, sink) =>
        {
            sink(new BlobChunk(0, 41, _bytes.Length + 1, new byte[ChunkBytes]).Encode());
            sink(new BlobChunk(0, 82, _bytes.Length, new byte[ChunkBytes / 2]).Encode());
            sink(new BlobChunk(40, 41, _bytes.Length, new byte[ChunkBytes]).Encode());
            sink(Array.Empty<byte>());
            sink(new byte[100_000]);
            foreach (var chunk in asked)
            {
                sink(chunk.Encode());
            }
        };
        (await Fetch(folder, wire)).Failure.ShouldBe(InstallFailure.None);
        File.ReadAllBytes(folder.File(Artifact.Sha256.Value)).ShouldBe(_bytes);
    }

    [Fact]
    public async Task An_interrupted_download_goes_on_where_it_was()
    {
        using var folder = new TempFolder();
        using var stop = new CancellationTokenSource();
        var wire = new ScriptedChunks(_bytes, ChunkBytes);
        wire.Send = (asked, sink) =>
        {
            foreach (var chunk in asked.Take(25))
            {
                sink(chunk.Encode());
            }

            stop.Cancel();
        };
        await Should.ThrowAsync<OperationCanceledException>(() => Fetch(folder, wire, cancellationToken: stop.Token));

        var rest = new ScriptedChunks(_bytes, ChunkBytes);
        var outcome = await Fetch(folder, rest);
        rest.Requests[0].ShouldBe(Enumerable.Range(25, 16));
        outcome.BytesReceived.ShouldBe(_bytes.Length);
    }

    [Fact]
    public async Task A_download_whose_map_is_torn_begins_anew()
    {
        using var folder = new TempFolder();
        using (var stop = new CancellationTokenSource())
        {
            var wire = new ScriptedChunks(_bytes, ChunkBytes);
            wire.Send = (asked, sink) =>
            {
                sink(asked[0].Encode());
                stop.Cancel();
            };
            await Should.ThrowAsync<OperationCanceledException>(() => Fetch(folder, wire, cancellationToken: stop.Token));
        }

        var map = folder.File(Artifact.Sha256.Value + ".map");
        var bytes = File.ReadAllBytes(map);
        bytes[^33] ^= 2;
        File.WriteAllBytes(map, bytes);
        var rest = new ScriptedChunks(_bytes, ChunkBytes);
        (await Fetch(folder, rest)).Failure.ShouldBe(InstallFailure.None);
        rest.Requests[0].Count.ShouldBe(41);
    }

    [Fact]
    public async Task Bytes_with_another_digest_are_fetched_once_more_and_then_given_up()
    {
        using var folder = new TempFolder();
        var wire = new ScriptedChunks(RandomBytes(_bytes.Length), ChunkBytes);
        var outcome = await Fetch(folder, wire);
        outcome.Failure.ShouldBe(InstallFailure.Download);
        outcome.Message!.ShouldContain("digest");
        outcome.BytesReceived.ShouldBe(2 * _bytes.Length);
        Directory.GetFiles(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task Silence_while_connected_is_asked_into_again_and_fails_at_last()
    {
        using var folder = new TempFolder();
        var wire = new ScriptedChunks(_bytes, ChunkBytes) { Send = (_, _) => { } };
        var outcome = await Fetch(folder, wire, Quick with { NoProgressLimit = TimeSpan.FromSeconds(1) });
        outcome.Failure.ShouldBe(InstallFailure.Download);
        outcome.Message!.ShouldContain("0 of 41 chunks");
        wire.Requests.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Time_offline_does_not_count_against_the_device()
    {
        using var folder = new TempFolder();
        var time = new ManualTimeProvider();
        var wire = new ScriptedChunks(_bytes, ChunkBytes) { Connected = false };
        var fetch = Downloader(folder.Path, wire, Quick, time).FetchAsync(Artifact, ChunkBytes, CancellationToken.None);
        for (var tick = 0; tick < 200; tick++)
        {
            await Eventually.True(() => time.ArmedTimers > 0, "the download waits");
            time.Advance(TimeSpan.FromMilliseconds(500));
        }

        fetch.IsCompleted.ShouldBeFalse();
        wire.Requests.ShouldBeEmpty();
        wire.Connected = true;
        await Eventually.True(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(1));
                return fetch.IsCompleted;
            },
            "the download ends");
        (await fetch).Failure.ShouldBe(InstallFailure.None);
    }

    [Fact]
    public async Task A_full_disk_fails_with_its_reason_and_gives_back_what_it_took()
    {
        using var disk = TinyDisk.TryMount(1024 * 1024);
        if (disk is null)
        {
            // Without the right to mount, a preallocation beyond any disk says the same.
            using var folder = new TempFolder();
            var huge = new ArtifactRef(Some.Digest("huge"), 1L << 55);
            var tried = await Downloader(folder.Path, new ScriptedChunks(_bytes, ChunkBytes), Quick).FetchAsync(huge, BlobChunk.MaxChunkBytes, CancellationToken.None);
            tried.Failure.ShouldBeOneOf(InstallFailure.DiskFull, InstallFailure.Download);
            Directory.GetFiles(folder.Path).ShouldBeEmpty();
            return;
        }

        var big = RandomBytes(2 * 1024 * 1024);
        var artifact = new ArtifactRef(Sha256Digest.Of(big), big.Length);
        var outcome = await Downloader(disk.Path, new ScriptedChunks(big, ChunkBytes), Quick).FetchAsync(artifact, ChunkBytes, CancellationToken.None);
        outcome.Failure.ShouldBe(InstallFailure.DiskFull);
        outcome.Message!.ShouldContain("No room");
        Directory.GetFiles(disk.Path).ShouldBeEmpty();
    }

    [Fact]
    public void A_request_covers_what_is_missing_from_the_first_gap_on()
    {
        var bitmap = new ChunkBitmap(20);
        foreach (var held in (int[])[0, 1, 2, 4, 19])
        {
            bitmap.Set(held).ShouldBeTrue();
        }

        bitmap.Set(4).ShouldBeFalse();
        var (offset, missing, last) = bitmap.Missing();
        offset.ShouldBe(3);
        last.ShouldBe(18);
        ScriptedChunks.Indexes(offset, missing).ShouldBe([3, .. Enumerable.Range(5, 14)]);
    }

    [Fact]
    public void A_request_for_a_huge_artifact_stays_within_its_bitmap_limit()
    {
        var bitmap = new ChunkBitmap(1_000_000);
        var (offset, missing, last) = bitmap.Missing();
        offset.ShouldBe(0);
        missing.Length.ShouldBe(ChunkBitmap.MaxRequestBytes);
        last.ShouldBe((ChunkBitmap.MaxRequestBytes * 8) - 1);
    }

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        bytes[0] = (byte)Random.Shared.Next();
        return bytes;
    }

    private static ArtifactDownloader Downloader(string folder, IChunkTransport wire, InstallOptions options, TimeProvider? time = null) =>
        new(Some.Device, wire, new ArtifactStore(folder), options, time ?? TimeProvider.System, new Random(1), NullLogger<ArtifactDownloader>.Instance);

    private Task<DownloadOutcome> Fetch(TempFolder folder, ScriptedChunks wire, InstallOptions? options = null, CancellationToken cancellationToken = default) =>
        Downloader(folder.Path, wire, options ?? Quick).FetchAsync(Artifact, ChunkBytes, cancellationToken).WaitAsync(TimeSpan.FromMinutes(2), CancellationToken.None);
}
