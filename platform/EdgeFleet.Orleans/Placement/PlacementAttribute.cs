using Orleans.Runtime;

namespace Orleans.Placement;

/// <summary>Where activations of a class are placed. One process has one place; only <see cref="Concurrency.StatelessWorkerAttribute"/> changes anything here.</summary>
[AttributeUsage(AttributeTargets.Class)]
public abstract class PlacementAttribute : Attribute
{
    protected PlacementAttribute(PlacementStrategy placement) => PlacementStrategy = placement;

    public PlacementStrategy PlacementStrategy { get; }
}
