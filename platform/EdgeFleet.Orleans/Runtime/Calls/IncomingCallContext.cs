using System.Reflection;
using Orleans.Runtime.Activations;

namespace Orleans.Runtime.Calls;

/// <summary>Carries a call through the filters of its grain to the method.</summary>
internal sealed class IncomingCallContext(GrainCall call, Activation activation, IIncomingGrainCallFilter[] filters) : IIncomingGrainCallContext
{
    private int _next;

    public object Grain => activation.GrainInstance!;

    public IGrainContext TargetContext => activation;

    public GrainId? SourceId => call.Sender?.GrainId;

    public GrainId TargetId => activation.GrainId;

    public GrainInterfaceType InterfaceType => call.Target!.InterfaceType;

    public string InterfaceName => call.Target!.InterfaceName;

    public string MethodName => call.Method!.Method.Name;

    public MethodInfo InterfaceMethod => call.Method!.Method;

    public MethodInfo ImplementationMethod => activation.Class.Implementation(call.Method!.Method);

    public object? Result { get; set; }

    public async Task Invoke()
    {
        var index = _next++;
        if (index < filters.Length)
        {
            await filters[index].Invoke(this);
        }
        else if (index == filters.Length && Grain is IIncomingGrainCallFilter own)
        {
            await own.Invoke(this);
        }
        else
        {
            Result = await call.RunUntyped(Grain);
        }
    }
}
