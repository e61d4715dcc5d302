using Microsoft.Extensions.Options;

namespace Orleans.Configuration;

/// <summary>An age below the quantum could not be kept.</summary>
internal sealed class GrainCollectionOptionsValidator : IValidateOptions<GrainCollectionOptions>
{
    public ValidateOptionsResult Validate(string? name, GrainCollectionOptions options) =>
        options.CollectionQuantum <= TimeSpan.Zero
            ? ValidateOptionsResult.Fail($"GrainCollectionOptions.CollectionQuantum is {options.CollectionQuantum}, and must be positive.")
            : options.CollectionAge <= options.CollectionQuantum
                ? ValidateOptionsResult.Fail(
                    $"GrainCollectionOptions.CollectionAge is {options.CollectionAge}, and must be longer than CollectionQuantum, which is {options.CollectionQuantum}.")
                : ValidateOptionsResult.Success;
}
