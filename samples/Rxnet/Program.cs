using Rxnet.Commands;

return await CommandLine.RunAsync(args).ConfigureAwait(false);
