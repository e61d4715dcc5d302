using EdgeFleet.Contracts.Delivery;

namespace EdgeFleet.Tests.Contracts;

public sealed class BlobChunkTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(BlobChunk.DefaultChunkBytes)]
    [InlineData(BlobChunk.MaxChunkBytes)]
    public void A_chunk_comes_back_as_it_went(int bytes)
    {
        var payload = new byte[bytes];
        new Random(bytes).NextBytes(payload);

        BlobChunk.TryDecode(new BlobChunk(3, 7, 123_456, payload).Encode(), out var chunk, out var error).ShouldBeTrue(error);

        (chunk!.Index, chunk.Count, chunk.ArtifactBytes).ShouldBe((3, 7, 123_456L));
        chunk.Payload.ToArray().ShouldBe(payload);
    }

    [Fact]
    public void Any_flipped_bit_anywhere_is_found()
    {
        var good = new BlobChunk(1, 2, 100, new byte[48]).Encode();
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            var bad = (byte[])good.Clone();
            bad[bit / 8] ^= (byte)(1 << (bit % 8));

            BlobChunk.TryDecode(bad, out var chunk, out var error).ShouldBeFalse($"bit {bit}");
            chunk.ShouldBeNull();
            error.ShouldNotBeNullOrEmpty();
        }
    }

    [Fact]
    public void A_chunk_cut_short_or_with_a_tail_is_found()
    {
        var good = new BlobChunk(1, 2, 100, new byte[48]).Encode();
        for (var length = 0; length < good.Length; length++)
        {
            BlobChunk.TryDecode(good.AsMemory(0, length), out _, out _).ShouldBeFalse($"{length} bytes");
        }

        BlobChunk.TryDecode(new byte[good.Length + 1], out _, out _).ShouldBeFalse();
        BlobChunk.TryDecode(good.Append((byte)0).ToArray(), out _, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData(-1, 2, 100)]
    [InlineData(2, 2, 100)]
    [InlineData(0, 0, 100)]
    [InlineData(0, -1, 100)]
    [InlineData(0, 1, -1)]
    public void An_impossible_chunk_is_refused_though_its_checksum_is_right(int index, int count, long size)
    {
        BlobChunk.TryDecode(new BlobChunk(index, count, size, new byte[4]).Encode(), out _, out var error).ShouldBeFalse();
        error!.ShouldContain("is impossible");
    }

    [Fact]
    public void A_chunk_above_the_limit_is_refused() =>
        BlobChunk.TryDecode(new BlobChunk(0, 1, 1, new byte[BlobChunk.MaxChunkBytes + 1]).Encode(), out _, out _).ShouldBeFalse();

    [Theory]
    [InlineData(0, 10, 0)]
    [InlineData(1, 10, 1)]
    [InlineData(10, 10, 1)]
    [InlineData(11, 10, 2)]
    [InlineData(3L << 30, 65_536, 49_152)]
    public void Chunks_are_counted_up(long bytes, int chunk, int count) => BlobChunk.CountFor(bytes, chunk).ShouldBe(count);
}
