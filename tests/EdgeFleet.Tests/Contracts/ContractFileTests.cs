using System.Reflection;
using EdgeFleet.Contracts.Json;
using EdgeFleet.GrainContracts;
using EdgeFleet.Tests.Support;
using Orleans;

namespace EdgeFleet.Tests.Contracts;

/// <summary>
/// Whatever crosses a process is listed in <c>contract.txt</c>, so that a change of it is seen in review. A field is added at its record's end and
/// optional; nothing is renamed or removed while anything in the field speaks it. To take a change over:
/// <c>EDGEFLEET_UPDATE_CONTRACT=1 dotnet test tests/EdgeFleet.Tests --filter FullyQualifiedName~ContractFileTests</c>, then commit the file.
/// </summary>
public sealed class ContractFileTests
{
    private const string UpdateVariable = "EDGEFLEET_UPDATE_CONTRACT";

    private static readonly Assembly[] Contracts = [typeof(WireJson).Assembly, typeof(IDeviceGrain).Assembly];

    [Fact]
    public void The_contract_is_what_the_checked_in_file_says()
    {
        var path = RepositoryRoot.Path("tests", "EdgeFleet.Tests", "Contracts", "contract.txt");
        var actual = ContractText.Write(Contracts);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            File.WriteAllText(path, actual);
        }

        var known = File.ReadAllText(path);
        if (known != actual)
        {
            Assert.Fail($"The contract changed. If that is meant, run this test with {UpdateVariable}=1 and commit contract.txt.\n{Difference(known, actual)}");
        }
    }

    [Fact]
    public void Every_grain_interface_method_and_record_has_an_alias_and_no_two_the_same()
    {
        var types = typeof(IDeviceGrain).Assembly.GetExportedTypes().Where(t => !(t.IsAbstract && t.IsSealed)).ToList();
        var typeAliases = types.Select(t => t.GetCustomAttribute<AliasAttribute>()?.Alias ?? $"{t} has none").ToList();

        typeAliases.ShouldAllBe(a => a.StartsWith("edgefleet.", StringComparison.Ordinal));
        typeAliases.ShouldBeUnique();
        foreach (var type in types.Where(t => t.IsInterface))
        {
            var methods = type.GetMethods().Select(m => m.GetCustomAttribute<AliasAttribute>()?.Alias ?? "").ToList();
            methods.ShouldNotContain("", $"a method of {type}");
            methods.ShouldBeUnique();
        }
    }

    private static string Difference(string known, string actual)
    {
        string[] before = known.Split('\n'), after = actual.Split('\n');
        return string.Join('\n', [.. before.Except(after).Select(l => "- " + l), .. after.Except(before).Select(l => "+ " + l)]);
    }
}
