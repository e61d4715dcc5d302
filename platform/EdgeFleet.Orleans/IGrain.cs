using Orleans.Runtime;

namespace Orleans;

/// <summary>A virtual actor: it always exists, is activated by its first call, and takes one turn at a time.</summary>
public interface IGrain : IAddressable;

/// <summary>A grain whose key is a string.</summary>
public interface IGrainWithStringKey : IGrain;

/// <summary>A grain whose key is a <see cref="Guid"/>.</summary>
public interface IGrainWithGuidKey : IGrain;

/// <summary>A grain whose key is a <see cref="long"/>.</summary>
public interface IGrainWithIntegerKey : IGrain;

/// <summary>A grain whose key is a <see cref="Guid"/> with a string.</summary>
public interface IGrainWithGuidCompoundKey : IGrain;

/// <summary>A grain whose key is a <see cref="long"/> with a string.</summary>
public interface IGrainWithIntegerCompoundKey : IGrain;

/// <summary>Marks an attribute on a constructor parameter as one that says where the argument comes from.</summary>
public interface IFacetMetadata;
