using Orleans.Runtime.Activations;
using Orleans.Runtime.Calls;
using Orleans.Runtime.References;

namespace Orleans.Runtime;

/// <summary>By which a grain is called. Classes that implement the grain's interface are generated; instances are cheap, immutable and equal when the grain is.</summary>
public class GrainReference : IAddressable, IEquatable<GrainReference>
{
    private readonly ReferenceOrigin _origin;
    private CallTarget? _lastTarget;

    internal GrainReference(ReferenceOrigin origin, GrainId grainId) => (_origin, GrainId) = (origin, grainId);

    public GrainId GrainId { get; }

    public GrainInterfaceType InterfaceType => _origin.Interface.InterfaceType;

    public string InterfaceName => _origin.Interface.InterfaceName;

    internal CallTarget? LastTarget
    {
        get => _lastTarget;
        set => _lastTarget = value;
    }

    public static bool operator ==(GrainReference? left, GrainReference? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(GrainReference? left, GrainReference? right) => !(left == right);

    /// <summary>The same grain by another of its interfaces.</summary>
    public virtual TGrainInterface Cast<TGrainInterface>()
        where TGrainInterface : IAddressable => (TGrainInterface)CastTo(typeof(TGrainInterface));

    public bool Equals(GrainReference? other) => other is not null && GrainId.Equals(other.GrainId);

    public override bool Equals(object? obj) => Equals(obj as GrainReference);

    public override int GetHashCode() => GrainId.GetHashCode();

    public override string ToString() => $"GrainReference:{GrainId}:{InterfaceName}";

    internal object CastTo(Type interfaceType) => interfaceType.IsInstanceOfType(this) ? this : _origin.Runtime.References.Create(interfaceType, GrainId);

    // What generated methods end in: one for each kind of return value.
    internal Task SendTask(GrainCall<object?> call, int method) => _origin.Runtime.Send(this, call, _origin.Interface.Methods[method]);

    internal Task<TResult> SendTask<TResult>(GrainCall<TResult> call, int method) => _origin.Runtime.Send(this, call, _origin.Interface.Methods[method]);

    internal ValueTask SendValueTask(GrainCall<object?> call, int method) => new(SendTask(call, method));

    internal ValueTask<TResult> SendValueTask<TResult>(GrainCall<TResult> call, int method) => new(SendTask<TResult>(call, method));

    internal void SendVoid(GrainCall<object?> call, int method) => SendTask(call, method).Ignore();
}
