using EdgeFleet.Mqtt;

namespace EdgeFleet.Tests.Platform.Mqtt;

public sealed class MqttTopicTests
{
    [Theory]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b", "a/c", false)]
    [InlineData("a/b", "a", false)]
    [InlineData("a", "a/b", false)]
    [InlineData("a/+", "a/b", true)]
    [InlineData("a/+", "a/", true)]
    [InlineData("a/+", "a", false)]
    [InlineData("a/+/c", "a/b/c", true)]
    [InlineData("+/+", "/finance", true)]
    [InlineData("/+", "/finance", true)]
    [InlineData("+", "/finance", false)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("a/#", "ab", false)]
    [InlineData("#", "a/b", true)]
    [InlineData("#", "/", true)]
    [InlineData("#", "$SYS/load", false)]
    [InlineData("+/load", "$SYS/load", false)]
    [InlineData("$SYS/#", "$SYS/load", true)]
    [InlineData("$SYS/+", "$SYS/load", true)]
    [InlineData("a//b", "a//b", true)]
    [InlineData("a/+/b", "a//b", true)]
    [InlineData("$share/g/a/#", "a/b", true)]
    [InlineData("$share/g/a/#", "b", false)]
    [InlineData("a/b", "A/b", false)]
    public void Filters_match_as_the_standard_says(string filter, string topic, bool matches) =>
        MqttTopic.Matches(filter, topic).ShouldBe(matches);

    [Theory]
    [InlineData("a", true)]
    [InlineData("/", true)]
    [InlineData("+", true)]
    [InlineData("#", true)]
    [InlineData("a/+/#", true)]
    [InlineData("$share/g/+/#", true)]
    [InlineData("", false)]
    [InlineData("a+", false)]
    [InlineData("+a", false)]
    [InlineData("a#", false)]
    [InlineData("#/a", false)]
    [InlineData("a/#/", false)]
    [InlineData("a\0", false)]
    [InlineData("$share", true)]
    [InlineData("$share/", false)]
    [InlineData("$share/g", false)]
    [InlineData("$share/g/", false)]
    [InlineData("$share//a", false)]
    [InlineData("$share/+/a", false)]
    public void Filters_are_legal_or_not(string filter, bool legal) => MqttTopic.IsFilter(filter).ShouldBe(legal);

    [Fact]
    public void Length_is_counted_in_bytes_of_UTF_8()
    {
        MqttTopic.IsName(new string('a', 65_535)).ShouldBeTrue();
        MqttTopic.IsName(new string('a', 65_536)).ShouldBeFalse();
        MqttTopic.IsName(new string('ž', 32_767)).ShouldBeTrue();
        MqttTopic.IsName(new string('ž', 32_768)).ShouldBeFalse();
    }

    [Fact]
    public void Any_filter_matches_any_topic_exactly_when_the_definition_by_levels_says_so()
    {
        var random = new Random(20260301);
        string[] filterLevels = ["a", "b", "", "+", "#", "$x", "+a", "a#"];
        string[] topicLevels = ["a", "b", "", "$x", "ab"];
        var (legal, matched) = (0, 0);
        for (var i = 0; i < 200_000; i++)
        {
            var filter = string.Join('/', random.GetItems(filterLevels, random.Next(1, 5)));
            var topic = string.Join('/', random.GetItems(topicLevels, random.Next(1, 5)));
            if (filter.Length == 0 || topic.Length == 0 || !MqttTopic.IsFilter(filter))
            {
                MqttTopic.IsFilter(filter).ShouldBe(filter.Length > 0 && IsLegal(filter.Split('/')), filter);
                continue;
            }

            IsLegal(filter.Split('/')).ShouldBeTrue(filter);
            var expected = !(topic[0] == '$' && (filter[0] is '+' or '#')) && Matches(filter.Split('/'), topic.Split('/'));
            MqttTopic.Matches(filter, topic).ShouldBe(expected, $"{filter} on {topic}");
            legal++;
            matched += expected ? 1 : 0;
        }

        legal.ShouldBeGreaterThan(50_000);
        matched.ShouldBeGreaterThan(5_000);
    }

    private static bool IsLegal(string[] levels) => levels.Select((level, i) =>
        level == "#" ? i == levels.Length - 1 : level == "+" || !level.AsSpan().ContainsAny('+', '#')).All(ok => ok);

    private static bool Matches(string[] filter, string[] topic) => filter switch
    {
        [] => topic.Length == 0,
        ["#"] => true,
        [var first, .. var rest] => topic.Length > 0 && (first == "+" || first == topic[0]) && Matches(rest, topic[1..]),
    };
}
