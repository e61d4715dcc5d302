using System.Runtime.InteropServices;

namespace EdgeFleet.OnnxRuntime.Native;

/// <summary>Reads a session's inputs, outputs and metadata.</summary>
internal static unsafe class ModelReader
{
    public static OrtTensorInfo[] Inputs(OrtApi api, nint session)
    {
        nuint count;
        api.Check(api.SessionGetInputCount(session, &count));
        return Read(api, session, count, api.SessionGetInputName, api.SessionGetInputTypeInfo);
    }

    public static OrtTensorInfo[] Outputs(OrtApi api, nint session)
    {
        nuint count;
        api.Check(api.SessionGetOutputCount(session, &count));
        return Read(api, session, count, api.SessionGetOutputName, api.SessionGetOutputTypeInfo);
    }

    public static OrtModelMetadata Metadata(OrtApi api, nint session)
    {
        nint metadata;
        api.Check(api.SessionGetModelMetadata(session, &metadata));
        try
        {
            long version;
            api.Check(api.ModelMetadataGetVersion(metadata, &version));
            return new OrtModelMetadata(
                Text(api, metadata, api.ModelMetadataGetProducerName),
                Text(api, metadata, api.ModelMetadataGetGraphName),
                Text(api, metadata, api.ModelMetadataGetDomain),
                Text(api, metadata, api.ModelMetadataGetDescription),
                Text(api, metadata, api.ModelMetadataGetGraphDescription),
                version,
                Custom(api, metadata));
        }
        finally
        {
            api.ReleaseModelMetadata(metadata);
        }
    }

    /// <summary>Element type and dimensions of a tensor's type, which stays the caller's.</summary>
    public static (OrtElementType Type, long[] Dimensions) Shape(OrtApi api, nint tensorInfo)
    {
        int type;
        nuint rank;
        api.Check(api.GetTensorElementType(tensorInfo, &type));
        api.Check(api.GetDimensionsCount(tensorInfo, &rank));
        var dimensions = new long[rank];
        fixed (long* pointer = dimensions)
        {
            api.Check(api.GetDimensions(tensorInfo, pointer, rank));
        }

        return ((OrtElementType)type, dimensions);
    }

    private static OrtTensorInfo[] Read(
        OrtApi api,
        nint session,
        nuint count,
        delegate* unmanaged<nint, nuint, nint, byte**, nint> nameOf,
        delegate* unmanaged<nint, nuint, nint*, nint> typeOf)
    {
        var result = new OrtTensorInfo[count];
        for (nuint i = 0; i < count; i++)
        {
            byte* name;
            nint typeInfo;
            api.Check(nameOf(session, i, api.Allocator, &name));
            var text = api.TakeString(name);
            api.Check(typeOf(session, i, &typeInfo));
            try
            {
                result[i] = Describe(api, text, typeInfo);
            }
            finally
            {
                api.ReleaseTypeInfo(typeInfo);
            }
        }

        return result;
    }

    private static OrtTensorInfo Describe(OrtApi api, string name, nint typeInfo)
    {
        int kind;
        nint tensorInfo;
        api.Check(api.GetOnnxTypeFromTypeInfo(typeInfo, &kind));
        api.Check(api.CastTypeInfoToTensorInfo(typeInfo, &tensorInfo));
        if (tensorInfo == 0)
        {
            return new OrtTensorInfo(name, (OrtValueKind)kind, OrtElementType.Undefined, [], []);
        }

        var (type, dimensions) = Shape(api, tensorInfo);
        var symbols = new string[dimensions.Length];
        var pointers = stackalloc byte*[Math.Max(1, dimensions.Length)];
        api.Check(api.GetSymbolicDimensions(tensorInfo, pointers, (nuint)dimensions.Length));
        for (var i = 0; i < symbols.Length; i++)
        {
            symbols[i] = Marshal.PtrToStringUTF8((nint)pointers[i]) ?? "";
        }

        return new OrtTensorInfo(name, (OrtValueKind)kind, type, dimensions, symbols);
    }

    private static string Text(OrtApi api, nint metadata, delegate* unmanaged<nint, nint, byte**, nint> read)
    {
        byte* text;
        api.Check(read(metadata, api.Allocator, &text));
        return api.TakeString(text);
    }

    private static Dictionary<string, string> Custom(OrtApi api, nint metadata)
    {
        byte** keys;
        long count;
        api.Check(api.ModelMetadataGetCustomMetadataMapKeys(metadata, api.Allocator, &keys, &count));
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            byte* value;
            api.Check(api.ModelMetadataLookupCustomMetadataMap(metadata, api.Allocator, keys[i], &value));
            result[api.TakeString(keys[i])] = value == null ? "" : api.TakeString(value);
        }

        if (keys != null)
        {
            api.Check(api.AllocatorFree(api.Allocator, keys));
        }

        return result;
    }
}
