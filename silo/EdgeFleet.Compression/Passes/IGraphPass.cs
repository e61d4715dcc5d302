using EdgeFleet.Compression.Graph;

namespace EdgeFleet.Compression.Passes;

/// <summary>One rewrite of a graph. A precondition decides per place; the mutation that follows cannot refuse.</summary>
internal interface IGraphPass
{
    /// <summary>As reports name it.</summary>
    string Name { get; }

    /// <summary>Rewrites every place that fulfils the precondition.</summary>
    /// <returns>How many.</returns>
    int Apply(ModelGraph graph);

    /// <summary>
    /// True where the pass can bring to light what was wrong with the model before, such as a shape that was not known: then the
    /// model is at fault for what the verifier finds in types and shapes, not the pass.
    /// </summary>
    bool Reveals => false;

    /// <summary>After <see cref="Apply"/>: what a user should know, such as what was left out and why.</summary>
    IReadOnlyList<string> Notes => [];
}
