using Rxnet.Commands;

return await RxnetCommand.RunAsync(args).ConfigureAwait(false);
