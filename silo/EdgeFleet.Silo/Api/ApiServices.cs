using System.Text.Json.Serialization;
using EdgeFleet.Contracts.Json;
using EdgeFleet.Silo.Telemetry;

namespace EdgeFleet.Silo.Api;

internal static class ApiServices
{
    public static IServiceCollection AddFleetApi(this IServiceCollection services)
    {
        services.AddProblemDetails(o => o.CustomizeProblemDetails = Explain);
        services.AddOptionsWithValidateOnStart<UploadOptions, UploadOptionsValidator>().BindConfiguration(UploadOptions.Section);
        services.AddSingleton<ModelIntake>();
        services.AddExceptionHandler<ApiExceptionHandler>();
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(o =>
        {
            o.SerializerOptions.TypeInfoResolverChain.Insert(0, WireJson.Default);
            o.SerializerOptions.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals;
            o.SerializerOptions.RespectNullableAnnotations = true;
            o.SerializerOptions.RespectRequiredConstructorParameters = true;
        });
        services.AddOpenApi("v1", o => o.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "EdgeFleet";
            document.Info.Description = "The silo of an EdgeFleet: devices, models, variants and rollouts.";
            return Task.CompletedTask;
        }));
        return services;
    }

    /// <summary>Maps everything under <c>/api/v1</c>, the health checks and the OpenAPI document.</summary>
    public static void MapFleetApi(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.MapHealth();
        app.MapFleetMetrics();
        app.MapOpenApi("/openapi/{documentName}.json");
        var api = app.MapGroup("/api/v1");
        api.MapDevices();
        api.MapModels();
        api.MapRollouts();
        api.MapArtifacts();
        api.MapEnrolment();
        api.MapEvents();
        if (app.Configuration.GetValue<bool>(BrokerEndpoints.AllowStop))
        {
            api.MapBroker();
        }
    }

    /// <summary>Words for the answers that the framework gives by itself.</summary>
    private static void Explain(ProblemDetailsContext context)
    {
        var request = context.HttpContext.Request;
        context.ProblemDetails.Detail ??= context.ProblemDetails.Status switch
        {
            StatusCodes.Status404NotFound => $"There is nothing at {request.Path}.",
            StatusCodes.Status405MethodNotAllowed => $"{request.Method} is not possible on {request.Path}.",
            StatusCodes.Status415UnsupportedMediaType => $"The content type '{request.ContentType}' is not taken here.",
            _ => null,
        };
    }
}
