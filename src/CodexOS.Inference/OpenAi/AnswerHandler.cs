using CodexOS.Inference.Pipeline;
using CodexOS.Platform.Faults;

namespace CodexOS.Inference.OpenAi;

/// <summary>
/// Stands between the client library and the network: bounds the bytes of an answer, which the library would read
/// without end, and takes the placeholder away where an endpoint needs no key.
/// </summary>
internal sealed class AnswerHandler(HttpMessageHandler inner, long sizeBytesMax, bool hasKey) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!hasKey)
        {
            request.Headers.Authorization = null;
        }

        var response = await base.SendAsync(request, cancellationToken);
        var content = new StreamContent(
            new BoundedStream(await response.Content.ReadAsStreamAsync(cancellationToken), sizeBytesMax));
        foreach (var header in response.Content.Headers)
        {
            content.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        response.Content = content;
        return response;
    }

    private sealed class BoundedStream(Stream inner, long sizeBytesMax) : Stream
    {
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _read;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Count(await inner.ReadAsync(buffer, cancellationToken));

        public override Task<int> ReadAsync(
            byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }

        private int Count(int read)
        {
            _read += read;
            return _read <= sizeBytesMax
                ? read
                : throw new ModelCallException(new Fault(
                    "inference.answer_too_long",
                    FaultKind.LimitReached,
                    $"The model endpoint sent more than {sizeBytesMax} bytes. Check that it is a model endpoint, or "
                    + "raise Inference:Calls:AnswerBytesMax."));
        }
    }
}
