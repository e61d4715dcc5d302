using EdgeFleet.Compression.Onnx;
using EdgeFleet.Tests.Support;

namespace EdgeFleet.Tests.Compression.Onnx;

/// <summary>Constants outside of memory, and what is mapped of files.</summary>
public sealed class ConstantSpoolTests
{
    [Fact]
    public void What_was_kept_is_mapped_and_the_same()
    {
        using var folder = new TempFolder();
        using var mapped = new MappedFiles();
        using var spool = new ConstantSpool(folder.Path, mapped);
        byte[][] given = [.. new[] { 70_000, 65_536, 1_000_001 }.Select((length, i) => Bytes(length, i))];
        var kept = given.Select(g => spool.Keep(g)).ToList();
        kept.ShouldAllBe(k => MappedSlice.Is(k));
        kept.Select(k => k.ToArray()).ShouldBe(given);
        spool.Length.ShouldBe(given.Sum(g => (long)g.Length));
    }

    [Fact]
    public void Small_ones_stay_in_memory()
    {
        using var folder = new TempFolder();
        using var mapped = new MappedFiles();
        using var spool = new ConstantSpool(folder.Path, mapped);
        MappedSlice.Is(spool.Keep(Bytes(ConstantSpool.LeastBytes - 1, 1))).ShouldBeFalse();
        Directory.GetFiles(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void Deleted_it_leaves_no_file()
    {
        using var folder = new TempFolder();
        using var mapped = new MappedFiles();
        using var spool = new ConstantSpool(folder.Path, mapped);
        spool.Keep(Bytes(100_000, 1));
        spool.Delete();
        Directory.GetFiles(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void What_its_listener_throws_ends_the_work()
    {
        using var folder = new TempFolder();
        using var mapped = new MappedFiles();
        using var spool = new ConstantSpool(folder.Path, mapped, kept => throw new OperationCanceledException($"at {kept}"));
        Should.Throw<OperationCanceledException>(() => spool.Keep(Bytes(100_000, 1))).Message.ShouldBe("at 100000");
    }

    [Fact]
    public void Forgotten_pages_are_read_again_while_a_span_looks_at_them()
    {
        using var folder = new TempFolder();
        using var mapped = new MappedFiles();
        var path = Path.Combine(folder.Path, "data");
        File.WriteAllBytes(path, Bytes(300_000, 5));
        var slice = mapped.Open(path, 1000, 200_000);
        var span = slice.Span;
        using (var file = new MappedFile(path))
        {
            file.Forget(1000, 200_000);
        }

        span.SequenceEqual(Bytes(300_000, 5).AsSpan(1000, 200_000)).ShouldBeTrue();
    }

    private static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
