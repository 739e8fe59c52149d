using Tracer.Host;

return CommandLine.Run(args,
[
    LsCommand.Create,
    DumpCommand.Create,
    VerifyCommand.Create,
    RmCommand.Create,
]);
