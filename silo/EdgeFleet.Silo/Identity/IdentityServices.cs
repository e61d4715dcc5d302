using EdgeFleet.Silo.Hosting;
using Microsoft.Extensions.Options;

namespace EdgeFleet.Silo.Identity;

internal static class IdentityServices
{
    /// <summary>The certificate authority, the enrolment token and <see cref="IEnrolment"/>, in the data folder.</summary>
    public static IServiceCollection AddEdgeFleetIdentity(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<IdentityOptions, IdentityOptionsValidator>().BindConfiguration(IdentityOptions.Section);
        services.AddSingleton(s => CertificateAuthority.Open(
            s.GetRequiredService<DataFolder>().Identity, s.GetRequiredService<IOptions<IdentityOptions>>().Value, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => EnrolmentTokens.Open(s.GetRequiredService<DataFolder>().Identity));
        return services.AddSingleton<IEnrolment, Enrolment>();
    }
}
