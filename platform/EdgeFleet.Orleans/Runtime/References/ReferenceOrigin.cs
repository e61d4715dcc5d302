namespace Orleans.Runtime.References;

/// <summary>What all references by one interface in one silo share.</summary>
internal sealed record ReferenceOrigin(SiloRuntime Runtime, InterfaceShape Interface);
