using System.Linq.Expressions;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Orleans.Runtime.Catalog;

/// <summary>Compiles how a grain class is constructed: facets by their attributes, the rest from the activation's services.</summary>
internal static class GrainConstructor
{
    private static readonly MethodInfo MapFacetMethod = typeof(GrainConstructor).GetMethod(nameof(MapFacet), BindingFlags.NonPublic | BindingFlags.Static)!;

    public static Func<IGrainContext, object> Compile(Type type, IServiceProvider services)
    {
        var constructor = Choose(type);
        var context = Expression.Parameter(typeof(IGrainContext));
        var arguments = constructor.GetParameters().Select(p => Expression.Convert(
            Expression.Invoke(Expression.Constant(Source(type, p, services)), context), p.ParameterType));
        return Expression.Lambda<Func<IGrainContext, object>>(Expression.New(constructor, arguments), context).Compile();
    }

    private static ConstructorInfo Choose(Type type)
    {
        var all = type.GetConstructors(BindingFlags.Public | BindingFlags.Instance);
        return all.FirstOrDefault(c => c.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute)))
            ?? all.MaxBy(c => c.GetParameters().Length)
            ?? throw new OrleansConfigurationException($"Grain class {type} has no public constructor.");
    }

    private static Func<IGrainContext, object?> Source(Type type, ParameterInfo parameter, IServiceProvider services)
    {
        var wanted = parameter.ParameterType;
        if (parameter.GetCustomAttributes().FirstOrDefault(a => a is IFacetMetadata) is { } facet)
        {
            var map = MapFacetMethod.MakeGenericMethod(facet.GetType());
            var factory = (Factory<IGrainContext, object>)map.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [parameter, facet, services], null)!;
            return context => factory(context);
        }

        if (wanted == typeof(IGrainContext))
        {
            return static context => context;
        }

        if (wanted == typeof(IServiceProvider))
        {
            return static context => context.ActivationServices;
        }

        var key = parameter.GetCustomAttribute<FromKeyedServicesAttribute>()?.Key;
        return context => (key is null ? context.ActivationServices.GetService(wanted) : Keyed(context.ActivationServices, wanted, key))
            ?? (parameter.HasDefaultValue ? parameter.DefaultValue : throw new InvalidOperationException(
                $"Cannot construct grain {type}: its parameter '{parameter.Name}' needs a {wanted}, and no such service is registered."));
    }

    private static object? Keyed(IServiceProvider services, Type wanted, object key) => ((IKeyedServiceProvider)services).GetKeyedService(wanted, key);

    private static Factory<IGrainContext, object> MapFacet<TMetadata>(ParameterInfo parameter, TMetadata metadata, IServiceProvider services)
        where TMetadata : IFacetMetadata
    {
        var mapper = services.GetService<IAttributeToFactoryMapper<TMetadata>>() ?? throw new OrleansConfigurationException(
            $"Parameter '{parameter.Name}' of {parameter.Member.DeclaringType} has [{typeof(TMetadata).Name}], and no IAttributeToFactoryMapper for it is registered.");
        return mapper.GetFactory(parameter, metadata);
    }
}
