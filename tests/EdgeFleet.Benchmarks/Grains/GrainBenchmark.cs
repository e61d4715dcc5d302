using System.Diagnostics;
using EdgeFleet.Platform.Orleans;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Hosting;

namespace EdgeFleet.Benchmarks.Grains;

/// <summary>How fast grains are called, how much an idle one takes, and how fast state becomes durable.</summary>
internal sealed class GrainBenchmark : IBenchmark
{
    private const int Callers = 64;
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(5);

    public string Name => "grains";

    public string Question => "how many calls and durable writes a second, and how much memory per idle activation?";

    public async Task RunAsync(BenchmarkReport report, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("edgefleet-bench-");
        using var host = StartHost(Path.Combine(folder.FullName, "grains.db"));
        await host.StartAsync(cancellationToken);
        var client = host.Services.GetRequiredService<IClusterClient>();
        try
        {
            await MeasureCallsAsync(report, client, cancellationToken);
            await MeasureMemoryAsync(report, client, cancellationToken);
            await MeasureWritesAsync(report, client, cancellationToken);
        }
        finally
        {
            await host.StopAsync(CancellationToken.None);
            host.Dispose();
            folder.Delete(recursive: true);
        }
    }

    private static IHost StartHost(string database)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleans(silo => silo.AddSqliteGrainStorage("durable", o => o.Path = database));
        return builder.Build();
    }

    private static async Task MeasureCallsAsync(BenchmarkReport report, IClusterClient client, CancellationToken cancellationToken)
    {
        var grains = Enumerable.Range(0, Callers).Select(i => client.GetGrain<IEchoGrain>(i)).ToArray();
        var (rate, bytes) = await RateAsync(caller => grains[caller].Echo(caller), cancellationToken);
        report.AtLeast(300_000, $"calls from {Callers} callers to {Callers} grains", rate, "calls/s");
        report.Add("managed memory per call", bytes, "bytes");

        (rate, _) = await RateAsync(caller => grains[0].Echo(caller), cancellationToken);
        report.Add($"calls from {Callers} callers to one grain", rate, "calls/s");

        (rate, _) = await RateAsync(caller => grains[caller].EchoThrough(1000 + caller, caller), cancellationToken);
        report.Add($"calls through a grain to another, {Callers} callers", rate, "calls/s");
    }

    private static async Task MeasureMemoryAsync(BenchmarkReport report, IClusterClient client, CancellationToken cancellationToken)
    {
        const int count = 100_000;
        var before = HeapBytes();
        for (var i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await client.GetGrain<IEchoGrain>(1_000_000 + i).Echo(i);
        }

        report.AtMost(2048, $"heap per idle activation, at {count:N0}", (HeapBytes() - before) / (double)count, "bytes");
    }

    private static async Task MeasureWritesAsync(BenchmarkReport report, IClusterClient client, CancellationToken cancellationToken)
    {
        var grains = Enumerable.Range(0, Callers).Select(i => client.GetGrain<ILedgerGrain>(i)).ToArray();
        var (rate, _) = await RateAsync(caller => grains[caller].Write(), cancellationToken);
        report.AtLeast(20_000, $"durable state writes from {Callers} writers (SQLite, fsync before return)", rate, "writes/s");
    }

    /// <summary>Each caller awaits its call before the next.</summary>
    private static async Task<(double PerSecond, double BytesPerCall)> RateAsync<T>(Func<int, Task<T>> call, CancellationToken cancellationToken)
    {
        await CountAsync(call, Warmup, cancellationToken);
        var allocated = GC.GetTotalAllocatedBytes();
        var watch = Stopwatch.StartNew();
        var calls = await CountAsync(call, Measured, cancellationToken);
        return (calls / watch.Elapsed.TotalSeconds, (GC.GetTotalAllocatedBytes() - allocated) / (double)calls);
    }

    private static async Task<long> CountAsync<T>(Func<int, Task<T>> call, TimeSpan duration, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(duration);
        var counts = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(
            async () =>
            {
                long count = 0;
                while (!end.IsCancellationRequested)
                {
                    await call(caller);
                    count++;
                }

                return count;
            },
            CancellationToken.None)));
        cancellationToken.ThrowIfCancellationRequested();
        return counts.Sum();
    }

    private static long HeapBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
