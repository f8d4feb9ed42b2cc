using CodexOS.Host;

return await Serving.RunAsync(args);
