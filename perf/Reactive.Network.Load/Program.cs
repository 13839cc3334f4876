using Reactive.Network.Load;

return args switch
{
    [ServerProcess.ChildArgument, ..] => Server.Run(args),
    [Follower.ChildArgument, ..] => Follower.Run(args),
    _ => await LoadProgram.RunAsync(args),
};
