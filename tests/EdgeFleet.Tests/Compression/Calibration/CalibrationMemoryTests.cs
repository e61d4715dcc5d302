using EdgeFleet.Compression.Calibration;
using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Tests.Compression.Calibration;

public sealed class CalibrationMemoryTests
{
    [Theory]
    [InlineData(CalibrationMethod.MinMax)]
    [InlineData(CalibrationMethod.Mse)]
    public void A_hundred_times_more_samples_are_read_in_pieces_of_the_same_size_and_nothing_of_them_is_kept(CalibrationMethod method)
    {
        var few = Calibrate(method, 64);
        var many = Calibrate(method, 6400);
        many.Largest.ShouldBe(few.Largest);
        many.Reads.ShouldBeGreaterThan(60 * few.Reads);
        many.Kept.ShouldBeLessThan(few.Kept + 200_000);
    }

    /// <summary>Reads, bytes of the largest, and bytes that are still alive of the pieces that were handed out.</summary>
    private static (int Reads, int Largest, long Kept) Calibrate(CalibrationMethod method, int count)
    {
        var graph = TestModels.Graph(TestModels.Model(
            [TestModels.Node("MatMul", ["x", "w"], "a"), TestModels.Node("Relu", ["a"], "y")], [TestModels.Random("w", 256, 64)], [null, 256]));
        var store = new WatchedStore(count * 256L * sizeof(float));
        var samples = new SampleSet("watched", OnnxElementType.Float, SampleExtents.Uniform([256], count), store, new SampleScaling());
        var feed = SampleFeed.Create([new("x", OnnxElementType.Float, [-1, 256])], [samples], int.MaxValue);
        var facts = Calibrator.Run(graph, ["a", "y"], feed, TestModels.Runner, new() { Method = method }, CancellationToken.None);
        facts.Samples.ShouldBe(count);
        GC.Collect();
        return (store.Reads, store.Largest, store.Alive);
    }

    /// <summary>Samples that exist only while they are read.</summary>
    private sealed class WatchedStore(long length) : SampleStore
    {
        private readonly List<(WeakReference Piece, int Bytes)> _pieces = [];

        public int Reads => _pieces.Count;

        public int Largest => _pieces.Max(p => p.Bytes);

        public long Alive => _pieces.Where(p => p.Piece.IsAlive).Sum(p => (long)p.Bytes);

        public override long Length => length;

        public override ReadOnlyMemory<byte> Read(long offset, int length)
        {
            var piece = new byte[length];
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(piece.AsSpan()).Fill((offset % 1000) / 1000f);
            _pieces.Add((new WeakReference(piece), length));
            return piece;
        }

        public override void Dispose()
        {
        }
    }
}
