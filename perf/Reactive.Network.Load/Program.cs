using Reactive.Network.Load;

return args is [ServerProcess.ChildArgument, ..] ? Server.Run(args) : await LoadProgram.RunAsync(args);
