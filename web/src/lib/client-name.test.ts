import { describe, expect, it } from 'vitest';
import { clientName } from './client-name';

const chrome = '(KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

describe('clientName', () => {
  it.each([
    [`Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 ${chrome}`, 'Chrome 142 on Linux'],
    [`Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 ${chrome.replace('Chrome', 'HeadlessChrome')}`, 'Chrome 142 on Linux'],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 ${chrome} Edg/142.0.1.0`, 'Edge 142 on Windows'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox 145 on macOS'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1', 'Safari 18 on iPhone'],
    ['codexos/0.1.0 (linux)', 'codexos 0.1.0'],
    ['unknown', 'unknown'],
  ])('%s', (userAgent, name) => expect(clientName(userAgent)).toBe(name));
});
