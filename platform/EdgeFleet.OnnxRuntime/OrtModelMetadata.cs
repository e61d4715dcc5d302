namespace EdgeFleet.OnnxRuntime;

/// <summary>What a model says of itself; strings are empty where it says nothing.</summary>
/// <param name="Producer">The tool that wrote it.</param>
/// <param name="GraphName">Name of its graph.</param>
/// <param name="Domain">Reverse domain name of its owner.</param>
/// <param name="Description">Description of the model.</param>
/// <param name="GraphDescription">Description of the graph.</param>
/// <param name="Version">The model's own version.</param>
/// <param name="Custom">Further entries.</param>
public sealed record OrtModelMetadata(
    string Producer,
    string GraphName,
    string Domain,
    string Description,
    string GraphDescription,
    long Version,
    IReadOnlyDictionary<string, string> Custom);
