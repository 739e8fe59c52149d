using System.Text;
using Tracer.Records;
using Tracer.Tests.Support;

namespace Tracer.Tests.Records;

public sealed class TraceHeaderTests
{
    [Fact]
    public void Json_RoundTrip_KeepsAll()
    {
        var header = Traces.Header(7, name: "n\"\u001b\u00e9") with { NotCovered = ["u: no source"], Command = ["a", ""], Machine = 0xC000003E, Uid = uint.MaxValue };

        var read = TraceHeader.FromJson(header.ToJson());

        Assert.Equal(header with { Command = [], NotCovered = [] }, read with { Command = [], NotCovered = [] });
        Assert.Equal(header.Command, read.Command);
        Assert.Equal(header.NotCovered, read.NotCovered);
    }

    [Fact]
    public void Json_FieldsOfALaterVersionOrAbsent_AreSkippedOrDefault()
    {
        string json = Encoding.UTF8.GetString(Traces.Header().ToJson());

        var read = TraceHeader.FromJson(Encoding.UTF8.GetBytes(json
            .Replace("\"notCovered\":[],", "", StringComparison.Ordinal).Replace("{\"version\"", "{\"new\":{\"x\":[1]},\"version\"", StringComparison.Ordinal)));

        Assert.Empty(read.NotCovered);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"version\":1,\"reason\":3}")]
    [InlineData("{\"version\":1,\"reason\":null}")]
    [InlineData("{\"version\":2}")]
    [InlineData("{\"version\":\"1\"}")]
    [InlineData("{\"version\":1,\"reason\":\"ended\",\"endedRealtimeNs\":1e99,\"blocks\":1,\"segments\":1,\"lastHash\":\"\"}")]
    [InlineData("{\"version\":1,\"reason\":\"ended\",\"endedRealtimeNs\":1,\"blocks\":-1,\"segments\":1,\"lastHash\":\"\"}")]
    [InlineData("{\"version\":1,\"reason\":\"ended\"")]
    public void Json_Damaged_IsAFormatError(string json)
    {
        Assert.Throws<RecordFormatException>(() => TraceEnd.FromJson(Encoding.UTF8.GetBytes(json)));
        Assert.Throws<RecordFormatException>(() => TraceHeader.FromJson(Encoding.UTF8.GetBytes(json)));
    }
}
