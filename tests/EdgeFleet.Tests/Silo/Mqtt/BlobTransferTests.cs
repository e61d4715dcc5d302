using EdgeFleet.Contracts.Delivery;
using EdgeFleet.Silo.Mqtt;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Silo.Mqtt;

public sealed class BlobTransferTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void A_chunk_that_two_devices_want_is_taken_once()
    {
        using var transfer = Open(bytes: 40_000);
        transfer.Add(0, [0b0000_0111]);
        transfer.Add(1, [0b0000_0011]);

        transfer.Pending.ShouldBe(3);
        TakeAll(transfer).ShouldBe([0, 1, 2]);
    }

    [Fact]
    public void Wishes_beyond_the_end_mean_nothing()
    {
        using var transfer = Open(bytes: 4096 + 1);
        transfer.Add(0, [255]);
        transfer.Add(int.MaxValue, [255]);

        transfer.ChunkCount.ShouldBe(2);
        TakeAll(transfer).ShouldBe([0, 1]);
    }

    [Fact]
    public void A_chunk_asked_for_again_after_it_was_taken_is_taken_again()
    {
        using var transfer = Open(bytes: 40_000);
        transfer.Add(0, [0b0000_0011]);
        transfer.TryTake(out var first).ShouldBeTrue();
        first.ShouldBe(0);

        transfer.Add(0, [0b0000_0001]);

        TakeAll(transfer).ShouldBe([1, 0]);
    }

    [Fact]
    public async Task The_chunks_put_together_are_the_artifact()
    {
        using var transfer = Open(bytes: 10_000);
        var together = new byte[10_000];
        for (var i = 0; i < transfer.ChunkCount; i++)
        {
            BlobChunk.TryDecode(await transfer.ReadAsync(i, CancellationToken.None), out var chunk, out _).ShouldBeTrue();
            chunk!.Count.ShouldBe(3);
            chunk.ArtifactBytes.ShouldBe(10_000);
            chunk.Payload.CopyTo(together.AsMemory(chunk.Index * 4096));
        }

        together.ShouldBe(await File.ReadAllBytesAsync(_folder.File("artifact")));
    }

    public void Dispose() => _folder.Dispose();

    private static List<int> TakeAll(BlobTransfer transfer)
    {
        var taken = new List<int>();
        while (transfer.TryTake(out var chunk))
        {
            taken.Add(chunk);
        }

        return taken;
    }

    private BlobTransfer Open(int bytes)
    {
        var path = _folder.File("artifact");
        var content = new byte[bytes];
        new Random(7).NextBytes(content);
        File.WriteAllBytes(path, content);
        return new BlobTransfer(File.OpenHandle(path), bytes, 4096);
    }
}
