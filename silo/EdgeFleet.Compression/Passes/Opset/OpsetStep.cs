using EdgeFleet.Compression.Onnx;

namespace EdgeFleet.Compression.Passes.Opset;

/// <summary>What changes for one operator when a model goes to an ai.onnx version from the one before.</summary>
/// <param name="Version">The version that changed it.</param>
/// <param name="Operator">Its type before.</param>
/// <param name="Lift">Emits the node in its new form, and what it needs, to the scope. Cannot refuse.</param>
internal sealed record OpsetStep(int Version, string Operator, Action<OnnxNode, LiftScope> Lift)
{
    /// <summary>Why a node cannot be lifted, as the end of "X cannot be lifted, because "; null where it can.</summary>
    public Func<OnnxNode, LiftScope, string?> Obstacle { get; init; } = (_, _) => null;

    /// <summary>A node that stays one node.</summary>
    public static OpsetStep InPlace(int version, string type, Action<OnnxNode, LiftScope> change) => new(version, type, (node, scope) =>
    {
        change(node, scope);
        scope.Emit(node);
    });

    /// <summary>A change of meaning that has no equal afterwards.</summary>
    public static OpsetStep Refused(int version, string type, string because) =>
        new(version, type, (node, scope) => scope.Emit(node)) { Obstacle = (_, _) => because };
}
