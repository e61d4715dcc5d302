using System.Reflection;

namespace Orleans.Runtime.Calls;

/// <summary>Carries a call through the caller's filters to its target.</summary>
internal sealed class OutgoingCallContext<TResult>(GrainCall<TResult> call, SiloRuntime runtime, IOutgoingGrainCallFilter[] filters) : IOutgoingGrainCallContext
{
    private int _next;

    public object Grain => call.Target!;

    public IGrainContext? SourceContext => call.Sender;

    public GrainId? SourceId => call.Sender?.GrainId;

    public GrainId TargetId => call.Target!.GrainId;

    public GrainInterfaceType InterfaceType => call.Target!.InterfaceType;

    public string InterfaceName => call.Target!.InterfaceName;

    public string MethodName => call.Method!.Method.Name;

    public MethodInfo InterfaceMethod => call.Method!.Method;

    public object? Result { get; set; }

    public async Task Invoke()
    {
        var index = _next++;
        if (index < filters.Length)
        {
            await filters[index].Invoke(this);
        }
        else
        {
            // Filters may have set values that go along.
            call.Context = RequestContext.Export();
            runtime.Dispatch(call);
            Result = call.IsOneWay ? default : await call.TypedPromise;
        }
    }

    public async Task<TResult> Run()
    {
        await Invoke();
        return (TResult)Result!;
    }
}
