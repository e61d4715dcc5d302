using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>A storage provider.</summary>
public interface IGrainStorage
{
    /// <summary>Fills in state, ETag and whether a record exists.</summary>
    Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

    Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        ReadStateAsync(stateName, grainId, grainState).WaitAsync(cancellationToken);

    /// <summary>Stores when the ETag is that of what is stored, and fills in the new one. Returns when it is durable.</summary>
    /// <exception cref="InconsistentStateException">The ETag is another.</exception>
    Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

    Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        WriteStateAsync(stateName, grainId, grainState).WaitAsync(cancellationToken);

    /// <summary>Removes when the ETag is that of what is stored.</summary>
    /// <exception cref="InconsistentStateException">The ETag is another.</exception>
    Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

    Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken) =>
        ClearStateAsync(stateName, grainId, grainState).WaitAsync(cancellationToken);
}

/// <summary>Turns states into bytes and back.</summary>
public interface IGrainStorageSerializer
{
    BinaryData Serialize<T>(T input);

    T Deserialize<T>(BinaryData input);
}

/// <summary>Options of a storage provider whose serializer can be chosen.</summary>
public interface IStorageProviderSerializerOptions
{
    IGrainStorageSerializer GrainStorageSerializer { get; set; }
}
