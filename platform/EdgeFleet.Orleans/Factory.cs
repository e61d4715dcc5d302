namespace Orleans;

/// <summary>Makes an instance for a given value.</summary>
public delegate TInstance Factory<in TParam1, out TInstance>(TParam1 param1);
