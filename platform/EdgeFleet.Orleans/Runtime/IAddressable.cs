namespace Orleans.Runtime;

/// <summary>Anything that can be called across the cluster.</summary>
public interface IAddressable;
