using Tracer.Capture;
using Tracer.Host;

// First of all: a command must start with the signals that Tracer was started with.
_ = StartSignals.Current;
if (args is [['a' or 'd' or 'l' or 'r' or 'v', ..], ..])
{
    WarmUp.Begin();
}

return CommandLine.Run(args,
[
    RunCommand.Create,
    LsCommand.Create,
    DumpCommand.Create,
    VerifyCommand.Create,
    RmCommand.Create,
    RecoverCommand.Create,
]);
