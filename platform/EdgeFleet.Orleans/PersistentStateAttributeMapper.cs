using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Orleans;

/// <summary>Turns <see cref="PersistentStateAttribute"/> on a constructor parameter into the state.</summary>
public class PersistentStateAttributeMapper : IAttributeToFactoryMapper<PersistentStateAttribute>
{
    private static readonly MethodInfo Generic =
        typeof(PersistentStateAttributeMapper).GetMethod(nameof(Create), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <exception cref="OrleansConfigurationException">The parameter is no <see cref="IPersistentState{TState}"/>.</exception>
    public Factory<IGrainContext, object> GetFactory(ParameterInfo parameter, PersistentStateAttribute attribute)
    {
        var type = parameter.ParameterType;
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IPersistentState<>))
        {
            throw new OrleansConfigurationException(
                $"Parameter '{parameter.Name}' of {parameter.Member.DeclaringType} has [PersistentState] and must therefore be IPersistentState<T>, but is {type}.");
        }

        IPersistentStateConfiguration configuration = new Configuration(attribute.StateName ?? parameter.Name!, attribute.StorageName);
        var create = Generic.MakeGenericMethod(type.GetGenericArguments()).CreateDelegate<Func<IGrainContext, IPersistentStateConfiguration, object>>();
        return context => create(context, configuration);
    }

    private static object Create<TState>(IGrainContext context, IPersistentStateConfiguration configuration) =>
        context.ActivationServices.GetRequiredService<IPersistentStateFactory>().Create<TState>(context, configuration);

    private sealed record Configuration(string StateName, string? StorageName) : IPersistentStateConfiguration;
}
