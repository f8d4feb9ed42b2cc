// One real Chromium for the page tests, with a profile of its own that is thrown away.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const args = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

export async function openBrowser() {
  const profile = await mkdtemp(join(tmpdir(), 'codexos-web-'));
  const executablePath = process.env.CODEXOS_CHROMIUM ?? '/usr/bin/chromium';
  const context = await chromium.launchPersistentContext(profile, { executablePath, args, viewport: { width: 1280, height: 800 } });
  return {
    context,
    /** A page that knows nothing of those before it: no cookies, and nothing stored for the address it will visit. */
    freshPage: async (size, origin) => {
      await context.clearCookies();
      const page = await context.newPage();
      await page.setViewportSize(size);
      if (origin) {
        const devtools = await context.newCDPSession(page);
        await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'local_storage,indexeddb' });
        await devtools.detach();
      }
      return page;
    },
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Gathers what a page must never do: break its content security policy, throw, or log an error. */
export function watch(page, problems) {
  page.on('pageerror', (error) => problems.push(`thrown: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || /Content Security Policy|TrustedHTML|TrustedScript/.test(message.text()))
      problems.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
  });
}
