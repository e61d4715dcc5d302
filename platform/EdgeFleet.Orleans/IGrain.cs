using Orleans.Runtime;

namespace Orleans;

/// <summary>A virtual actor.</summary>
public interface IGrain : IAddressable;

/// <summary>A grain whose key is a string.</summary>
public interface IGrainWithStringKey : IGrain;
