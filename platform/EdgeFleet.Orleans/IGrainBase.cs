using Orleans.Runtime;

namespace Orleans;

/// <summary>What a grain class implements that does not derive from <see cref="Grain"/>.</summary>
public interface IGrainBase
{
    /// <summary>The activation; set through the constructor.</summary>
    IGrainContext GrainContext { get; }

    /// <summary>Runs before the first call. When it throws, that call and those that wait fail with the same exception, and a later call tries again.</summary>
    Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

    /// <summary>Runs after the last call of this activation. Not run when the process is killed.</summary>
    Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
}
