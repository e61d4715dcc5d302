namespace EdgeFleet.OnnxRuntime.Native;

/// <remarks>Functions that end in <c>, nint&gt;</c> return a status: 0, or an error to be passed to <see cref="Check"/>.</remarks>
internal sealed unsafe partial class OrtApi
{
    // Errors and memory
    public delegate* unmanaged<nint, int> GetErrorCode => (delegate* unmanaged<nint, int>)table[(int)OrtSlot.GetErrorCode];

    public delegate* unmanaged<nint, byte*> GetErrorMessage => (delegate* unmanaged<nint, byte*>)table[(int)OrtSlot.GetErrorMessage];

    public delegate* unmanaged<nint, void> ReleaseStatus => (delegate* unmanaged<nint, void>)table[(int)OrtSlot.ReleaseStatus];

    public delegate* unmanaged<int, int, nint*, nint> CreateCpuMemoryInfo => (delegate* unmanaged<int, int, nint*, nint>)table[(int)OrtSlot.CreateCpuMemoryInfo];

    public delegate* unmanaged<nint*, nint> GetAllocatorWithDefaultOptions => (delegate* unmanaged<nint*, nint>)table[(int)OrtSlot.GetAllocatorWithDefaultOptions];

    public delegate* unmanaged<nint, void*, nint> AllocatorFree => (delegate* unmanaged<nint, void*, nint>)table[(int)OrtSlot.AllocatorFree];

    public delegate* unmanaged<byte*> GetBuildInfoString => (delegate* unmanaged<byte*>)table[(int)OrtSlot.GetBuildInfoString];

    // Environment
    public delegate* unmanaged<delegate* unmanaged<nint, int, byte*, byte*, byte*, byte*, void>, nint, int, byte*, nint*, nint> CreateEnvWithCustomLogger => (delegate* unmanaged<delegate* unmanaged<nint, int, byte*, byte*, byte*, byte*, void>, nint, int, byte*, nint*, nint>)table[(int)OrtSlot.CreateEnvWithCustomLogger];

    public delegate* unmanaged<nint, nint> DisableTelemetryEvents => (delegate* unmanaged<nint, nint>)table[(int)OrtSlot.DisableTelemetryEvents];

    public delegate* unmanaged<nint, int, nint> UpdateEnvWithCustomLogLevel => (delegate* unmanaged<nint, int, nint>)table[(int)OrtSlot.UpdateEnvWithCustomLogLevel];

    public delegate* unmanaged<byte***, int*, nint> GetAvailableProviders => (delegate* unmanaged<byte***, int*, nint>)table[(int)OrtSlot.GetAvailableProviders];

    public delegate* unmanaged<byte**, int, nint> ReleaseAvailableProviders => (delegate* unmanaged<byte**, int, nint>)table[(int)OrtSlot.ReleaseAvailableProviders];

    // Session options
    public delegate* unmanaged<nint*, nint> CreateSessionOptions => (delegate* unmanaged<nint*, nint>)table[(int)OrtSlot.CreateSessionOptions];

    public delegate* unmanaged<nint, void> ReleaseSessionOptions => (delegate* unmanaged<nint, void>)table[(int)OrtSlot.ReleaseSessionOptions];

    public delegate* unmanaged<nint, void*, nint> SetOptimizedModelFilePath => (delegate* unmanaged<nint, void*, nint>)table[(int)OrtSlot.SetOptimizedModelFilePath];

    public delegate* unmanaged<nint, byte**, nint*, nuint, nint> AddExternalInitializers => (delegate* unmanaged<nint, byte**, nint*, nuint, nint>)table[(int)OrtSlot.AddExternalInitializers];

    public delegate* unmanaged<nint, int, nint> SetSessionExecutionMode => (delegate* unmanaged<nint, int, nint>)table[(int)OrtSlot.SetSessionExecutionMode];

    public delegate* unmanaged<nint, nint> DisableProfiling => (delegate* unmanaged<nint, nint>)table[(int)OrtSlot.DisableProfiling];

    public delegate* unmanaged<nint, nint> EnableMemPattern => (delegate* unmanaged<nint, nint>)table[(int)OrtSlot.EnableMemPattern];

    public delegate* unmanaged<nint, nint> DisableMemPattern => (delegate* unmanaged<nint, nint>)table[(int)OrtSlot.DisableMemPattern];

    public delegate* unmanaged<nint, nint> EnableCpuMemArena => (delegate* unmanaged<nint, nint>)table[(int)OrtSlot.EnableCpuMemArena];

    public delegate* unmanaged<nint, nint> DisableCpuMemArena => (delegate* unmanaged<nint, nint>)table[(int)OrtSlot.DisableCpuMemArena];

    public delegate* unmanaged<nint, byte*, nint> SetSessionLogId => (delegate* unmanaged<nint, byte*, nint>)table[(int)OrtSlot.SetSessionLogId];

    public delegate* unmanaged<nint, int, nint> SetSessionLogSeverityLevel => (delegate* unmanaged<nint, int, nint>)table[(int)OrtSlot.SetSessionLogSeverityLevel];

    public delegate* unmanaged<nint, int, nint> SetSessionGraphOptimizationLevel => (delegate* unmanaged<nint, int, nint>)table[(int)OrtSlot.SetSessionGraphOptimizationLevel];

    public delegate* unmanaged<nint, int, nint> SetIntraOpNumThreads => (delegate* unmanaged<nint, int, nint>)table[(int)OrtSlot.SetIntraOpNumThreads];

    public delegate* unmanaged<nint, int, nint> SetInterOpNumThreads => (delegate* unmanaged<nint, int, nint>)table[(int)OrtSlot.SetInterOpNumThreads];

    public delegate* unmanaged<nint, byte*, byte*, nint> AddSessionConfigEntry => (delegate* unmanaged<nint, byte*, byte*, nint>)table[(int)OrtSlot.AddSessionConfigEntry];

    public delegate* unmanaged<nint, byte*, long, nint> AddFreeDimensionOverrideByName => (delegate* unmanaged<nint, byte*, long, nint>)table[(int)OrtSlot.AddFreeDimensionOverrideByName];

    public delegate* unmanaged<nint, byte*, byte**, byte**, nuint, nint> AppendExecutionProvider => (delegate* unmanaged<nint, byte*, byte**, byte**, nuint, nint>)table[(int)OrtSlot.AppendExecutionProvider];

    public delegate* unmanaged<nint, nint, nint> AppendCuda => (delegate* unmanaged<nint, nint, nint>)table[(int)OrtSlot.AppendCuda];

    public delegate* unmanaged<nint*, nint> CreateCudaProviderOptions => (delegate* unmanaged<nint*, nint>)table[(int)OrtSlot.CreateCudaProviderOptions];

    public delegate* unmanaged<nint, byte**, byte**, nuint, nint> UpdateCudaProviderOptions => (delegate* unmanaged<nint, byte**, byte**, nuint, nint>)table[(int)OrtSlot.UpdateCudaProviderOptions];

    public delegate* unmanaged<nint, void> ReleaseCudaProviderOptions => (delegate* unmanaged<nint, void>)table[(int)OrtSlot.ReleaseCudaProviderOptions];

    public delegate* unmanaged<nint, nint, nint> AppendTensorRT => (delegate* unmanaged<nint, nint, nint>)table[(int)OrtSlot.AppendTensorRT];

    public delegate* unmanaged<nint*, nint> CreateTensorRTProviderOptions => (delegate* unmanaged<nint*, nint>)table[(int)OrtSlot.CreateTensorRTProviderOptions];

    public delegate* unmanaged<nint, byte**, byte**, nuint, nint> UpdateTensorRTProviderOptions => (delegate* unmanaged<nint, byte**, byte**, nuint, nint>)table[(int)OrtSlot.UpdateTensorRTProviderOptions];

    public delegate* unmanaged<nint, void> ReleaseTensorRTProviderOptions => (delegate* unmanaged<nint, void>)table[(int)OrtSlot.ReleaseTensorRTProviderOptions];

    // Sessions
    public delegate* unmanaged<nint, void*, nint, nint*, nint> CreateSession => (delegate* unmanaged<nint, void*, nint, nint*, nint>)table[(int)OrtSlot.CreateSession];

    public delegate* unmanaged<nint, void*, nuint, nint, nint*, nint> CreateSessionFromArray => (delegate* unmanaged<nint, void*, nuint, nint, nint*, nint>)table[(int)OrtSlot.CreateSessionFromArray];

    public delegate* unmanaged<nint, void> ReleaseSession => (delegate* unmanaged<nint, void>)table[(int)OrtSlot.ReleaseSession];

    public delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint> Run => (delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)table[(int)OrtSlot.Run];

    public delegate* unmanaged<nint, nuint*, nint> SessionGetInputCount => (delegate* unmanaged<nint, nuint*, nint>)table[(int)OrtSlot.SessionGetInputCount];

    public delegate* unmanaged<nint, nuint*, nint> SessionGetOutputCount => (delegate* unmanaged<nint, nuint*, nint>)table[(int)OrtSlot.SessionGetOutputCount];

    public delegate* unmanaged<nint, nuint, nint*, nint> SessionGetInputTypeInfo => (delegate* unmanaged<nint, nuint, nint*, nint>)table[(int)OrtSlot.SessionGetInputTypeInfo];

    public delegate* unmanaged<nint, nuint, nint*, nint> SessionGetOutputTypeInfo => (delegate* unmanaged<nint, nuint, nint*, nint>)table[(int)OrtSlot.SessionGetOutputTypeInfo];

    public delegate* unmanaged<nint, nuint, nint, byte**, nint> SessionGetInputName => (delegate* unmanaged<nint, nuint, nint, byte**, nint>)table[(int)OrtSlot.SessionGetInputName];

    public delegate* unmanaged<nint, nuint, nint, byte**, nint> SessionGetOutputName => (delegate* unmanaged<nint, nuint, nint, byte**, nint>)table[(int)OrtSlot.SessionGetOutputName];

    // Run options
    public delegate* unmanaged<nint*, nint> CreateRunOptions => (delegate* unmanaged<nint*, nint>)table[(int)OrtSlot.CreateRunOptions];

    public delegate* unmanaged<nint, void> ReleaseRunOptions => (delegate* unmanaged<nint, void>)table[(int)OrtSlot.ReleaseRunOptions];

    public delegate* unmanaged<nint, int, nint> RunOptionsSetRunLogSeverityLevel => (delegate* unmanaged<nint, int, nint>)table[(int)OrtSlot.RunOptionsSetRunLogSeverityLevel];

    public delegate* unmanaged<nint, byte*, nint> RunOptionsSetRunTag => (delegate* unmanaged<nint, byte*, nint>)table[(int)OrtSlot.RunOptionsSetRunTag];

    public delegate* unmanaged<nint, byte**, nint> RunOptionsGetRunTag => (delegate* unmanaged<nint, byte**, nint>)table[(int)OrtSlot.RunOptionsGetRunTag];

    public delegate* unmanaged<nint, nint> RunOptionsSetTerminate => (delegate* unmanaged<nint, nint>)table[(int)OrtSlot.RunOptionsSetTerminate];

    public delegate* unmanaged<nint, nint> RunOptionsUnsetTerminate => (delegate* unmanaged<nint, nint>)table[(int)OrtSlot.RunOptionsUnsetTerminate];

    public delegate* unmanaged<nint, byte*, byte*, nint> AddRunConfigEntry => (delegate* unmanaged<nint, byte*, byte*, nint>)table[(int)OrtSlot.AddRunConfigEntry];

    // Types
    public delegate* unmanaged<nint, nint*, nint> CastTypeInfoToTensorInfo => (delegate* unmanaged<nint, nint*, nint>)table[(int)OrtSlot.CastTypeInfoToTensorInfo];

    public delegate* unmanaged<nint, int*, nint> GetOnnxTypeFromTypeInfo => (delegate* unmanaged<nint, int*, nint>)table[(int)OrtSlot.GetOnnxTypeFromTypeInfo];

    public delegate* unmanaged<nint, void> ReleaseTypeInfo => (delegate* unmanaged<nint, void>)table[(int)OrtSlot.ReleaseTypeInfo];

    public delegate* unmanaged<nint, int*, nint> GetTensorElementType => (delegate* unmanaged<nint, int*, nint>)table[(int)OrtSlot.GetTensorElementType];

    public delegate* unmanaged<nint, nuint*, nint> GetDimensionsCount => (delegate* unmanaged<nint, nuint*, nint>)table[(int)OrtSlot.GetDimensionsCount];

    public delegate* unmanaged<nint, long*, nuint, nint> GetDimensions => (delegate* unmanaged<nint, long*, nuint, nint>)table[(int)OrtSlot.GetDimensions];

    public delegate* unmanaged<nint, byte**, nuint, nint> GetSymbolicDimensions => (delegate* unmanaged<nint, byte**, nuint, nint>)table[(int)OrtSlot.GetSymbolicDimensions];

    public delegate* unmanaged<nint, void> ReleaseTensorTypeAndShapeInfo => (delegate* unmanaged<nint, void>)table[(int)OrtSlot.ReleaseTensorTypeAndShapeInfo];

    // Values
    public delegate* unmanaged<nint, long*, nuint, int, nint*, nint> CreateTensorAsOrtValue => (delegate* unmanaged<nint, long*, nuint, int, nint*, nint>)table[(int)OrtSlot.CreateTensorAsOrtValue];

    public delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint> CreateTensorWithDataAsOrtValue => (delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)table[(int)OrtSlot.CreateTensorWithDataAsOrtValue];

    public delegate* unmanaged<nint, void**, nint> GetTensorMutableData => (delegate* unmanaged<nint, void**, nint>)table[(int)OrtSlot.GetTensorMutableData];

    public delegate* unmanaged<nint, byte**, nuint, nint> FillStringTensor => (delegate* unmanaged<nint, byte**, nuint, nint>)table[(int)OrtSlot.FillStringTensor];

    public delegate* unmanaged<nint, nuint*, nint> GetStringTensorDataLength => (delegate* unmanaged<nint, nuint*, nint>)table[(int)OrtSlot.GetStringTensorDataLength];

    public delegate* unmanaged<nint, void*, nuint, nuint*, nuint, nint> GetStringTensorContent => (delegate* unmanaged<nint, void*, nuint, nuint*, nuint, nint>)table[(int)OrtSlot.GetStringTensorContent];

    public delegate* unmanaged<nint, nint*, nint> GetTensorTypeAndShape => (delegate* unmanaged<nint, nint*, nint>)table[(int)OrtSlot.GetTensorTypeAndShape];

    public delegate* unmanaged<nint, int*, nint> GetValueType => (delegate* unmanaged<nint, int*, nint>)table[(int)OrtSlot.GetValueType];

    public delegate* unmanaged<nint, int, nint, nint*, nint> GetValue => (delegate* unmanaged<nint, int, nint, nint*, nint>)table[(int)OrtSlot.GetValue];

    public delegate* unmanaged<nint, nuint*, nint> GetValueCount => (delegate* unmanaged<nint, nuint*, nint>)table[(int)OrtSlot.GetValueCount];

    public delegate* unmanaged<nint, int*, nint> HasValue => (delegate* unmanaged<nint, int*, nint>)table[(int)OrtSlot.HasValue];

    public delegate* unmanaged<nint, void> ReleaseValue => (delegate* unmanaged<nint, void>)table[(int)OrtSlot.ReleaseValue];

    // Metadata
    public delegate* unmanaged<nint, nint*, nint> SessionGetModelMetadata => (delegate* unmanaged<nint, nint*, nint>)table[(int)OrtSlot.SessionGetModelMetadata];

    public delegate* unmanaged<nint, void> ReleaseModelMetadata => (delegate* unmanaged<nint, void>)table[(int)OrtSlot.ReleaseModelMetadata];

    public delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetProducerName => (delegate* unmanaged<nint, nint, byte**, nint>)table[(int)OrtSlot.ModelMetadataGetProducerName];

    public delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetGraphName => (delegate* unmanaged<nint, nint, byte**, nint>)table[(int)OrtSlot.ModelMetadataGetGraphName];

    public delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetDomain => (delegate* unmanaged<nint, nint, byte**, nint>)table[(int)OrtSlot.ModelMetadataGetDomain];

    public delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetDescription => (delegate* unmanaged<nint, nint, byte**, nint>)table[(int)OrtSlot.ModelMetadataGetDescription];

    public delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetGraphDescription => (delegate* unmanaged<nint, nint, byte**, nint>)table[(int)OrtSlot.ModelMetadataGetGraphDescription];

    public delegate* unmanaged<nint, nint, byte*, byte**, nint> ModelMetadataLookupCustomMetadataMap => (delegate* unmanaged<nint, nint, byte*, byte**, nint>)table[(int)OrtSlot.ModelMetadataLookupCustomMetadataMap];

    public delegate* unmanaged<nint, long*, nint> ModelMetadataGetVersion => (delegate* unmanaged<nint, long*, nint>)table[(int)OrtSlot.ModelMetadataGetVersion];

    public delegate* unmanaged<nint, nint, byte***, long*, nint> ModelMetadataGetCustomMetadataMapKeys => (delegate* unmanaged<nint, nint, byte***, long*, nint>)table[(int)OrtSlot.ModelMetadataGetCustomMetadataMapKeys];

    // Binding
    public delegate* unmanaged<nint, nint, nint, nint> RunWithBinding => (delegate* unmanaged<nint, nint, nint, nint>)table[(int)OrtSlot.RunWithBinding];

    public delegate* unmanaged<nint, nint*, nint> CreateIoBinding => (delegate* unmanaged<nint, nint*, nint>)table[(int)OrtSlot.CreateIoBinding];

    public delegate* unmanaged<nint, void> ReleaseIoBinding => (delegate* unmanaged<nint, void>)table[(int)OrtSlot.ReleaseIoBinding];

    public delegate* unmanaged<nint, byte*, nint, nint> BindInput => (delegate* unmanaged<nint, byte*, nint, nint>)table[(int)OrtSlot.BindInput];

    public delegate* unmanaged<nint, byte*, nint, nint> BindOutput => (delegate* unmanaged<nint, byte*, nint, nint>)table[(int)OrtSlot.BindOutput];

    public delegate* unmanaged<nint, byte*, nint, nint> BindOutputToDevice => (delegate* unmanaged<nint, byte*, nint, nint>)table[(int)OrtSlot.BindOutputToDevice];

    public delegate* unmanaged<nint, nint, nint**, nuint*, nint> GetBoundOutputValues => (delegate* unmanaged<nint, nint, nint**, nuint*, nint>)table[(int)OrtSlot.GetBoundOutputValues];

    public delegate* unmanaged<nint, void> ClearBoundInputs => (delegate* unmanaged<nint, void>)table[(int)OrtSlot.ClearBoundInputs];

    public delegate* unmanaged<nint, void> ClearBoundOutputs => (delegate* unmanaged<nint, void>)table[(int)OrtSlot.ClearBoundOutputs];
}
