using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace EdgeFleet.Tests.Platform.Orleans;

internal sealed class OddException(string message, int code) : Exception(message)
{
    public int Code { get; } = code;
}

internal interface ICallGrain : IGrainWithStringKey
{
    Task Throw(int code);

    Task ThrowBeforeTask(int code);

    Task<int> ReturnNull();

    ValueTask<int> Double(int value);

    ValueTask Nothing();

    Task<string> WaitForCancellation(string phase, CancellationToken cancellationToken);

    [ResponseTimeout("00:00:05")]
    Task Slow(string phase, CancellationToken cancellationToken);

    [OneWay]
    Task ThrowOneWay();

    void Fire(string phase);

    Task<string?> ReadContext(string key, bool through);

    Task<int> AsyncLocalAfter(int value);

    [AlwaysInterleave]
    Task Ping();
}

internal sealed class CallGrain(Stage stage) : Grain, ICallGrain
{
    private static readonly AsyncLocal<int> Local = new();
    private readonly Task<int> _none = null!;

    public async Task Throw(int code)
    {
        await Task.Yield();
        throw new OddException("odd", code);
    }

    public Task ThrowBeforeTask(int code) => throw new OddException("odd", code);

    public Task<int> ReturnNull() => _none;

    public ValueTask<int> Double(int value) => new(value * 2);

    public async ValueTask Nothing() => await Task.Yield();

    public async Task<string> WaitForCancellation(string phase, CancellationToken cancellationToken)
    {
        try
        {
            await stage.EnterAsync(phase, cancellationToken);
            return "released";
        }
        catch (OperationCanceledException)
        {
            stage.Note($"{phase} cancelled");
            stage.Release($"{phase} cancelled");
            throw;
        }
    }

    public Task Slow(string phase, CancellationToken cancellationToken) => WaitForCancellation(phase, cancellationToken);

    public Task ThrowOneWay() => throw new OddException("nobody hears it", 1);

    public void Fire(string phase) => stage.EnterAsync(phase).Ignore();

    public Task<string?> ReadContext(string key, bool through)
    {
        var value = RequestContext.Get(key) as string;
        RequestContext.Set(key, "changed by the grain");
        return through ? GrainFactory.GetGrain<ICallGrain>("next").ReadContext(key, through: false) : Task.FromResult(value);
    }

    public Task<int> AsyncLocalAfter(int value)
    {
        var before = Local.Value;
        Local.Value = value;
        return Task.FromResult(before);
    }

    public Task Ping() => Task.CompletedTask;
}
