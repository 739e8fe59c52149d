using Tracer.Host;

return CommandLine.Run(args,
[
    RunCommand.Create,
    LsCommand.Create,
    DumpCommand.Create,
    VerifyCommand.Create,
    RmCommand.Create,
    RecoverCommand.Create,
]);
