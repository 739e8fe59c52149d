using Tracer.Records;

namespace Tracer.Tests.Support;

/// <summary>
/// A kill -9 at each place between two stores: the pool file is copied as it stands, taken over, recovered and drained into the journal as that stood;
/// then the story must be whole. And the same again at each place of the recovery.
/// </summary>
internal static class Crash
{
    /// <summary>Runs the scenario, crashing at each point. Returns how many points there were.</summary>
    public static int Everywhere(TestPool pool, PoolStory story, Action scenario)
    {
        int points = 0;
        int depth = 0;
        string scratch = Path.Combine(pool.Directory, "crashed");
        CrashPoint.Look = () => points += Recover(pool.File, story.Journal, story.Now, story.Tales.Values, scratch, again: true, ref depth);
        try
        {
            scenario();
        }
        finally
        {
            CrashPoint.Look = null;
        }

        return points;
    }

    /// <summary>A crash here, once.</summary>
    public static void Here(TestPool pool, PoolStory story, bool again = false)
    {
        int depth = 0;
        Recover(pool.File, story.Journal, story.Now, story.Tales.Values, Path.Combine(pool.Directory, "crashed"), again, ref depth);
    }

    private static int Recover(
        PoolFile dead, SortedDictionary<ulong, Block> committed, long nowNs, IEnumerable<Tale> tales, string scratch, bool again, ref int depth)
    {
        int points = 1;
        int level = ++depth;
        var look = CrashPoint.Look;
        string path = $"{scratch}-{level}{PoolFile.Extension}";
        using (var copy = File.Create(path))
        {
            copy.Write(dead.GetSpan());
        }

        using (var file = PoolFile.TryTakeOver(path)!)
        {
            PoolStory? story = null;
            CrashPoint.Look = !again ? null : () =>
            {
                int inner = level;
                points += Recover(file, story?.Journal ?? committed, nowNs, tales, scratch, again: false, ref inner);
            };
            story = Resume(file, committed, nowNs);
            story.Drain();
            CrashPoint.Look = null;
            StoryCheck.Recovered(story.Journal, tales);
        }

        File.Delete(path);
        CrashPoint.Look = look;
        depth = level - 1;
        return points;
    }

    private static PoolStory Resume(PoolFile file, SortedDictionary<ulong, Block> committed, long nowNs)
    {
        var story = new PoolStory(PoolRecovery.Run(file, nowNs)) { Now = nowNs };
        foreach (var (number, block) in committed)
        {
            story.Journal.Add(number, block);
        }

        return story;
    }
}
