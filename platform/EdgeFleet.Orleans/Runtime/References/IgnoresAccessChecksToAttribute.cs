#pragma warning disable IDE0130 // the runtime knows the attribute by this full name
namespace System.Runtime.CompilerServices;

/// <summary>On an assembly: it may use what is not public in another. The .NET runtime honours it; it must be declared by whoever uses it.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    public string AssemblyName { get; } = assemblyName;
}
