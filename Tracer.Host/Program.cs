using System.CommandLine;
using Tracer.Host;

var run = RunCommand.Create();
var root = new RootCommand("ktrace for Linux") { run };
if (args is ["run", ..])
{
    args = CommandLineSplit.Mark(args, run.Options);
}

return root.Parse(args).Invoke();
