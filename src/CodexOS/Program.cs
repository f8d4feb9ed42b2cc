using CodexOS.Docs;
using CodexOS.Host;

return args is ["docs", var page] ? await GeneratedDocs.WriteAsync(page) : await Serving.RunAsync(args);
