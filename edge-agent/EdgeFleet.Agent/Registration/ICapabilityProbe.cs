using EdgeFleet.Contracts.Devices;

namespace EdgeFleet.Agent.Registration;

/// <summary>Finds out what this device can run.</summary>
internal interface ICapabilityProbe
{
    /// <param name="dataFolder">Where the agent keeps its state: its file system's free bytes count.</param>
    /// <param name="declared">What the operator declared; it replaces what was found.</param>
    DeviceCapabilities Probe(string dataFolder, CapabilityDeclaration declared);
}
