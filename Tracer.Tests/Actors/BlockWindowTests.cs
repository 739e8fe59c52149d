using CsCheck;
using Tracer.Actors;

namespace Tracer.Tests.Actors;

public sealed class BlockWindowTests
{
    [Fact]
    public void Add_OutOfOrder_ThroughFollowsWhenTheGapCloses()
    {
        var window = new BlockWindow();
        Assert.True(window.Add(2));
        Assert.True(window.Add(3));
        Assert.Equal(0UL, window.Through);
        Assert.Equal(2, window.BeyondCount);
        Assert.True(window.Add(1));
        Assert.Equal(3UL, window.Through);
        Assert.Equal(0, window.BeyondCount);
        Assert.False(window.Add(2));
    }

    [Fact]
    public void Add_BeyondTheWindow_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new BlockWindow().Add(BlockWindow.Width + 1));

    [Fact]
    public void Window_AnyOrder_IsASet()
    {
        var numbers = Gen.ULong[1, 3000].List[0, 400];
        Gen.Select(Gen.ULong[0, 1_000_000], numbers).Sample((start, order) =>
        {
            var window = new BlockWindow(new BlockSet(start, []));
            var model = new HashSet<ulong>();
            foreach (ulong number in order)
            {
                Assert.Equal(model.Add(start + number), window.Add(start + number));
            }

            ulong through = start;
            while (model.Contains(through + 1))
            {
                through++;
            }

            var snapshot = window.Snapshot();
            var copy = new BlockWindow(snapshot);
            Assert.Equal(through, window.Through);
            Assert.Equal(through, snapshot.Through);
            Assert.Equal(through, copy.Through);
            Assert.Equal(model.Where(n => n > through).Order(), snapshot.Beyond());
            Assert.Equal(snapshot.Beyond(), BlockSet.From(through, snapshot.Beyond()).Beyond());
            Assert.Equal(model.Count(n => n > through), window.BeyondCount);
            for (ulong n = start + 1; n < start + 3100; n += 7)
            {
                Assert.Equal(model.Contains(n), window.Contains(n));
                Assert.Equal(model.Contains(n), snapshot.Contains(n));
                Assert.Equal(model.Contains(n), copy.Contains(n));
            }
        }, iter: 300);
    }
}
