// Serves the static export the way CodexOS does: clean addresses, one file for all ids of a dynamic route, and
// a strict content security policy made of the hashes of each page's own inline scripts.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';

const types = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.txt': 'text/x-component', '.svg': 'image/svg+xml', '.ico': 'image/x-icon', '.woff2': 'font/woff2', '.json': 'application/json',
};
const dynamicRoutes = ['/runs/', '/agents/', '/settings/connections/', '/settings/projects/', '/settings/roles/', '/settings/service-accounts/', '/settings/tenants/'];
const emptyStyle = "'sha256-nzTgYzXYDNe6BAHiiI7NNlfK8n/auuOAhh2t92YvuXo='";

export function createStatic(root) {
  const files = new Map();
  for (const path of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!path.isFile()) continue;
    const full = join(path.parentPath, path.name);
    const type = types[extname(full)];
    if (!type) continue;
    const body = readFileSync(full);
    files.set(`/${relative(root, full)}`, { body, type, csp: extname(full) === '.html' ? policy(String(body)) : null });
  }

  const find = (path) => {
    if (path === '/') return files.get('/index.html');
    const exact = files.get(path) ?? files.get(`${path}.html`);
    if (exact) return exact;
    for (const prefix of dynamicRoutes) {
      if (!path.startsWith(prefix)) continue;
      const rest = path.slice(prefix.length); // <id> | <id>.txt | <id>/__next.*.txt
      const slash = rest.indexOf('/');
      if (slash >= 0) return files.get(`${prefix}_${rest.slice(slash)}`);
      return files.get(`${prefix}_${rest.endsWith('.txt') ? '.txt' : '.html'}`);
    }
    return undefined;
  };

  return (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://x').pathname);
    const file = find(path);
    const { body, type, csp } = file ?? files.get('/404.html');
    response.writeHead(file ? 200 : 404, {
      'Content-Type': type,
      'Cache-Control': path.startsWith('/_next/static/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'same-origin',
      'Cross-Origin-Opener-Policy': 'same-origin',
      ...(csp && { 'Content-Security-Policy': csp }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

function policy(html) {
  const hashes = new Set();
  for (const [, code] of html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g))
    hashes.add(`'sha256-${createHash('sha256').update(code).digest('base64')}'`);
  return [
    "default-src 'none'", `script-src 'self' ${[...hashes].join(' ')}`, `style-src 'self' ${emptyStyle}`,
    "img-src 'self' data: blob:", "font-src 'self'", "connect-src 'self'", "worker-src 'self' blob:",
    "manifest-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
}
