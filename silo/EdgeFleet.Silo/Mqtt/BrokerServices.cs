using EdgeFleet.Mqtt;
using EdgeFleet.Mqtt.Libmosquitto;
using EdgeFleet.Silo.Hosting;
using EdgeFleet.Silo.Identity;
using Microsoft.Extensions.Options;

namespace EdgeFleet.Silo.Mqtt;

internal static class BrokerServices
{
    /// <summary>The broker as a part (to be registered before what links to it), <see cref="IBrokerAccess"/> and the native link. Needs <c>AddEdgeFleetIdentity</c>.</summary>
    public static IServiceCollection AddEdgeFleetBroker(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<MqttOptions, MqttOptionsValidator>().BindConfiguration(MqttOptions.Section);
        services.AddSingleton<IValidateOptions<MqttOptions>, MqttRelationsValidator>();
        services.AddSingleton(s => BrokerAccess.Settle(
            s.GetRequiredService<IOptions<MqttOptions>>().Value, s.GetRequiredService<DataFolder>().Broker, s.GetRequiredService<CertificateAuthority>()));
        services.AddSingleton<IBrokerAccess>(s => s.GetRequiredService<BrokerAccess>());
        services.AddSingleton<IBrokerOutage>(s => s.GetRequiredService<MosquittoBroker>());
        services.AddSingleton<IMqttLinkFactory>(_ => new LibmosquittoLinkFactory());
        return services.AddSiloPart<MosquittoBroker>();
    }
}
