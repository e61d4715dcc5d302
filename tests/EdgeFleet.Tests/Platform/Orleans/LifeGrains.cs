using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace EdgeFleet.Tests.Platform.Orleans;

internal interface ILifeGrain : IGrainWithStringKey
{
    Task<string> Activation();

    Task StayThenEnd(string phase);

    Task End();

    Task Keep(TimeSpan span);

    Task StartTimer(string phase, GrainTimerCreationOptions options);

    Task ChangeTimer(TimeSpan due, TimeSpan period);

    Task StopTimer();

    Task Stay(string phase);

    [AlwaysInterleave]
    Task<int> Ticks();
}

/// <summary>What goes wrong at activation; set by the test.</summary>
internal sealed class Trouble
{
    public Exception? InConstructor { get; set; }

    public Exception? InActivation { get; set; }

    public Exception? InDeactivation { get; set; }

    public Exception? InTimer { get; set; }

    /// <summary>Each activation ends itself.</summary>
    public bool EndAtOnce { get; set; }

    /// <summary>Activation stays in phase "activating" until the test lets it go.</summary>
    public bool SlowActivation { get; set; }
}

/// <summary>Ends with the activation that it was made for.</summary>
internal sealed class Belonging(Stage stage) : IDisposable
{
    public void Dispose() => stage.Note("belonging disposed");
}

internal class LifeGrain : Grain, ILifeGrain, IAsyncDisposable
{
    private readonly Stage _stage;
    private readonly Trouble _trouble;
    private readonly string _activation = Guid.NewGuid().ToString();
    private IGrainTimer? _timer;
    private int _ticks;

    public LifeGrain(Stage stage, Trouble trouble, Belonging belonging)
    {
        ArgumentNullException.ThrowIfNull(belonging);
        (_stage, _trouble) = (stage, trouble);
        if (trouble.InConstructor is { } exception)
        {
            throw exception;
        }
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _stage.Note("activated");
        if (_trouble.SlowActivation)
        {
            await _stage.EnterAsync("activating", cancellationToken);
        }

        if (_trouble.EndAtOnce)
        {
            DeactivateOnIdle();
        }

        if (_trouble.InActivation is { } exception)
        {
            throw exception;
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stage.Note($"deactivated: {reason.ReasonCode}");
        return _trouble.InDeactivation is { } exception ? throw exception : Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _stage.Note("disposed");
        return default;
    }

    public Task<string> Activation() => Task.FromResult(_activation);

    public async Task StayThenEnd(string phase)
    {
        DeactivateOnIdle();
        await _stage.EnterAsync(phase);
        _stage.Note($"{phase} ends");
    }

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task Keep(TimeSpan span)
    {
        DelayDeactivation(span);
        return Task.CompletedTask;
    }

    public Task StartTimer(string phase, GrainTimerCreationOptions options)
    {
        _timer = this.RegisterGrainTimer(
            async cancellationToken =>
            {
                _ticks++;
                if (_trouble.InTimer is { } exception)
                {
                    throw exception;
                }

                await _stage.EnterAsync($"{phase} {_ticks}", cancellationToken);
            },
            options);
        return Task.CompletedTask;
    }

    public Task ChangeTimer(TimeSpan due, TimeSpan period)
    {
        _timer!.Change(due, period);
        return Task.CompletedTask;
    }

    public Task StopTimer()
    {
        _timer!.Dispose();
        return Task.CompletedTask;
    }

    public Task Stay(string phase) => _stage.EnterAsync(phase);

    public Task<int> Ticks() => Task.FromResult(_ticks);
}

[KeepAlive]
internal sealed class EternalGrain(Stage stage, Trouble trouble, Belonging belonging) : LifeGrain(stage, trouble, belonging);

[CollectionAgeLimit(Minutes = 3)]
internal sealed class BriefGrain(Stage stage, Trouble trouble, Belonging belonging) : LifeGrain(stage, trouble, belonging);
