namespace Orleans.Runtime;

/// <summary>A way of choosing where a grain is activated.</summary>
public abstract class PlacementStrategy;

/// <summary>Several activations of one grain in this process.</summary>
internal sealed class StatelessWorkerPlacement : PlacementStrategy
{
    public StatelessWorkerPlacement(int maxLocal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLocal, 1);
        MaxLocal = maxLocal;
    }

    public int MaxLocal { get; }
}
