using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace EdgeFleet.Tests.Grains;

/// <summary>Says at which write the silo dies: just before it, or just after it became durable.</summary>
internal sealed class KillSwitch
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _struck = New();
    private int _left = -1;
    private bool _after;

    public int Writes { get; private set; }

    /// <summary>Done when it struck.</summary>
    public Task Struck => _struck.Task;

    public bool HasStruck => _struck.Task.IsCompleted;

    /// <summary>The write, as "state of grain", at which it struck.</summary>
    public string? At { get; private set; }

    public void Arm(int write, bool after)
    {
        lock (_gate)
        {
            (_left, _after) = (write - 1, after);
        }
    }

    public void Disarm()
    {
        lock (_gate)
        {
            _left = -1;
            _struck = New();
        }
    }

    /// <summary>Counts a write; true when it is the one.</summary>
    public bool Count(string what, out bool after)
    {
        lock (_gate)
        {
            Writes++;
            after = _after;
            if (_left < 0 || --_left >= 0)
            {
                return false;
            }

            At = $"{(_after ? "after" : "before")} a write of {what}";
            return true;
        }
    }

    public void StrikeNow() => _struck.TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Real storage which, from the chosen write on, neither stores nor answers any more: what a killed process does.</summary>
internal sealed class KillingStorage(IGrainStorage inner, KillSwitch kill) : IGrainStorage
{
    private bool _dead;

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        _dead ? Never() : inner.ReadStateAsync(stateName, grainId, grainState);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_dead)
        {
            await Never();
        }

        var struck = kill.Count(grainId.ToString(), out var after);
        if (struck && !after)
        {
            _dead = true;
            kill.StrikeNow();
            await Never();
        }

        await inner.WriteStateAsync(stateName, grainId, grainState);
        if (struck)
        {
            _dead = true;
            kill.StrikeNow();
            await Never();
        }
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => inner.ClearStateAsync(stateName, grainId, grainState);

    private static Task Never() => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
}
