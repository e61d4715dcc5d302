namespace EdgeFleet.Silo.Storage;

/// <summary>What kind of thing changed.</summary>
internal enum FleetEntity
{
    Device,
    Model,
    Rollout,
}

/// <summary>Something changed; read its present form from the <see cref="FleetStore"/>.</summary>
/// <param name="Entity">What kind of thing.</param>
/// <param name="Id">Its id.</param>
internal readonly record struct FleetChange(FleetEntity Entity, string Id);
