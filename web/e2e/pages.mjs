// Every route in a real browser: axe finds nothing, the content security policy is never broken, nothing is
// wider than the screen; in both themes, wide and narrow. Then the main story: a run, live, with its approval.
// Needs `npm run build` first. `--shots=DIR` also keeps a picture of each page, `--only=NAME` looks at routes that begin so, or
// at the stories with `--only=story`, or at those of them whose names have some words with `--only=story:WORDS`.
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { openBrowser, watch } from './browser.mjs';
import { startFakeServer } from './fake-server.mjs';
import { knowledgePages } from './knowledge-pages.mjs';
import { settingsPages } from './settings-pages.mjs';
import { stories } from './stories.mjs';

const shots = process.argv.find((each) => each.startsWith('--shots='))?.slice(8);
const only = process.argv.find((each) => each.startsWith('--only='))?.slice(7);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const everyRule = {
  resultTypes: ['violations'],
  runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
};
const contrast = { resultTypes: ['violations'], runOnly: { type: 'rule', values: ['color-contrast'] } };
if (shots) await mkdir(shots, { recursive: true });

let passed = 0;
const failures = [];
const check = (name, problems) => {
  if (problems.length === 0) return void passed++;
  failures.push(name);
  console.log(`✖ ${name}\n${problems.map((problem) => `    ${problem}`).join('\n')}`);
};

const lanes = Math.min(4, availableParallelism()); // browsers side by side
const browsers = await Promise.all(Array.from({ length: lanes }, openBrowser));
const seeded = await startFakeServer({ signedIn: true });
const empty = await startFakeServer({ signedIn: true, empty: true });
const fresh = await startFakeServer({ firstRun: true });
const viewer = await startFakeServer({ signedIn: true, role: 'viewer' });
const asking = await startFakeServer({ signedIn: true, empty: true, question: true });

const runs = [...seeded.state.runs.values()];
const runId = (status, at = 0) => runs.filter((run) => run.status === status)[at].id;
const titled = (title) => runs.find((run) => run.title === title).id;
const routes = [
  { name: 'overview', server: seeded, path: '/', ready: 'All runs' },
  { name: 'overview-empty', server: empty, path: '/', ready: 'Do it from a program' },
  { name: 'palette', server: seeded, path: '/', ready: 'Light theme', act: async (page) => {
    await page.getByText('Recent runs').waitFor();
    await page.keyboard.press('Control+k');
  } },
  { name: 'help', server: seeded, path: '/', ready: 'Close what is open', act: async (page) => {
    await page.getByText('Recent runs').waitFor();
    await page.keyboard.press('?');
  } },
  { name: 'account-menu', server: seeded, path: '/', ready: 'Sign out', act: (page) => page.getByRole('button', { name: /Account menu/ }).click() },
  { name: 'agents', server: seeded, path: '/agents', ready: 'Repository engineer' },
  { name: 'agents-new', server: seeded, path: '/agents?new=1', ready: 'may use it as their roles there say' },
  { name: 'agent', server: seeded, path: '/agents/repo-engineer', ready: 'repo-engineer.yaml' },
  { name: 'agent-tools', server: seeded, path: '/agents/repo-engineer', ready: 'cannot be undone', act: (page) => page.getByRole('tab', { name: 'Tools' }).click() },
  { name: 'agent-versions', server: seeded, path: '/agents/repo-engineer', ready: 'newest', act: async (page) => {
    await page.getByRole('tab', { name: 'Versions' }).click();
    await page.getByRole('button', { name: /^v2/ }).click();
  } },
  { name: 'agent-edit', server: seeded, path: '/agents/repo-engineer', ready: 'Discard', act: (page) => page.getByRole('button', { name: 'Edit' }).click() },
  { name: 'agent-missing', server: seeded, path: '/agents/nobody', ready: 'No such agent', allows: /404/ },
  { name: 'runs', server: seeded, path: '/runs', ready: 'publish the release' },
  { name: 'runs-empty', server: empty, path: '/runs', ready: 'No runs yet' },
  { name: 'run-completed', server: seeded, path: `/runs/${runId('completed', 1)}`, ready: 'The run completed.' },
  { name: 'run-journal', server: seeded, path: `/runs/${runId('completed', 1)}`, ready: 'run.created', act: async (page) => {
    await page.getByRole('tab', { name: /Journal/ }).click();
    await page.getByRole('button', { name: /run.claimed/ }).click();
  } },
  { name: 'run-details', server: seeded, path: `/runs/${runId('completed', 1)}`, ready: 'occurrence 1', act: (page) => page.getByRole('button', { name: /^Details/ }).first().click() },
  { name: 'run-cancel', server: seeded, path: `/runs/${runId('waiting', 1)}`, ready: 'Keep running', act: (page) => page.getByRole('button', { name: 'Cancel run' }).click() },
  { name: 'run-waiting', server: seeded, path: `/runs/${runId('waiting', 1)}`, ready: 'Approve' },
  { name: 'run-in-doubt', server: seeded, path: `/runs/${runId('inDoubt')}`, ready: 'Mark failed' },
  { name: 'run-doubt-output', server: seeded, path: `/runs/${runId('inDoubt')}`, ready: 'What it gave', act: (page) => page.getByRole('button', { name: 'It took place' }).click() },
  { name: 'run-paused', server: seeded, path: `/runs/${titled('tidy the change log')}`, ready: 'Resume' },
  { name: 'run-steer', server: seeded, path: `/runs/${titled('tidy the change log')}`, ready: 'Never mind', act: (page) => page.getByRole('button', { name: 'Steer' }).click() },
  { name: 'run-rolled-back', server: seeded, path: `/runs/${titled('rename the calculator')}`, ready: 'undo', act: (page) => page.getByRole('button', { name: /rolled back/ }).click() },
  { name: 'run-forked', server: seeded, path: `/runs/${titled('rename the calculator, with a test first')}`, ready: 'Write a test before' },
  { name: 'run-parent', server: seeded, path: `/runs/${titled('check every package')}`, ready: 'Waits for' },
  { name: 'run-progress', server: seeded, path: `/runs/${titled('import the documents')}`, ready: '412 of 980' },
  { name: 'run-queued', server: seeded, path: `/runs/${titled('wait for a place')}`, ready: 'Nothing has happened yet' },
  { name: 'run-states', server: seeded, path: `/runs/${runId('completed', 1)}?view=states&at=13`, ready: 'Since event' },
  { name: 'run-states-beyond', server: seeded, path: `/runs/${titled('rename the calculator')}?view=states&at=999999`, ready: 'Choose a checkpoint' },
  { name: 'run-rollback', server: seeded, path: `/runs/${runId('completed', 1)}?view=states&at=13`, ready: 'Cannot be undone', act: (page) => page.getByRole('button', { name: 'Roll back to here' }).click() },
  { name: 'run-fork', server: seeded, path: `/runs/${runId('completed', 1)}?view=states&at=13`, ready: 'Output (JSON)', act: async (page) => {
    await page.getByRole('button', { name: 'Fork from here' }).click();
    await page.getByLabel('Change what the last step gave').check();
  } },
  { name: 'run-retry', server: seeded, path: `/runs/${runId('failed')}`, ready: 'Not now', act: async (page) => {
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('Other limits').click();
  } },
  { name: 'runs-paused', server: seeded, path: '/runs?status=paused', ready: 'tidy the change log' },
  { name: 'run-failed', server: seeded, path: `/runs/${runId('failed')}`, ready: 'The run failed.' },
  { name: 'run-long', server: seeded, path: `/runs/${runId('completed', 0)}`, ready: 'Read 1000 files.' },
  { name: 'run-missing', server: seeded, path: '/runs/run_0', ready: 'No such run', allows: /404/ },
  { name: 'approvals', server: seeded, path: '/approvals', ready: 'Approve' },
  { name: 'approvals-rule', server: seeded, path: '/approvals', ready: 'Approving this sets a rule aside, this once.' },
  { name: 'approvals-empty', server: empty, path: '/approvals', ready: 'Nothing waits for you' },
  { name: 'approvals-question', server: asking, path: '/approvals', ready: 'The price holds for ten minutes.' },
  { name: 'run-question', server: asking, path: `/runs/${[...asking.state.runs.keys()][0]}`, ready: 'The price holds for ten minutes.' },
  ...knowledgePages({ seeded, empty, viewer }),
  ...settingsPages({ seeded, empty, viewer }),
  { name: 'not-found', server: seeded, path: '/nothing/here', ready: 'There is no page here', allows: /404/ },
  { name: 'sign-in', server: seeded, path: '/sign-in', ready: 'Password', signedOut: true, allows: /401/ },
  { name: 'sign-in-sso-refused', server: seeded, path: '/sign-in#sso_error=identity.sso_no_role', ready: 'None of your groups', signedOut: true },
  { name: 'forgot-password', server: seeded, path: '/forgot-password', ready: 'Mail me a link', signedOut: true },
  { name: 'forgot-password-asked', server: seeded, path: '/forgot-password', ready: 'Look into your mail', signedOut: true, act: async (page) => {
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.getByRole('button', { name: 'Mail me a link' }).click();
  } },
  { name: 'reset-password', server: seeded, path: '/reset-password#token=reset-token', ready: 'Set the password', signedOut: true },
  { name: 'reset-password-no-link', server: seeded, path: '/reset-password', ready: 'link that was mailed', signedOut: true },
  { name: 'setup', server: fresh, path: '/setup#token=first-run-token', ready: 'Create and enter', signedOut: true },
  { name: 'join', server: seeded, path: '/join#token=invitation-token', ready: 'Join Home', signedOut: true },
  { name: 'join-no-link', server: seeded, path: '/join', ready: 'link from your invitation', signedOut: true },
  { name: 'authorize', server: seeded, path: '/authorize?client_id=cli_1', ready: 'Let Notebook act for you?' },
  { name: 'authorize-unknown', server: seeded, path: '/authorize?client_id=cli_2', ready: 'not registered here', allows: /404/ },
  { name: 'device', server: seeded, path: '/device?user_code=WDJB-MJHT', ready: 'Connect a device' },
  { name: 'device-asked', server: seeded, path: '/device?user_code=WDJB-MJHT', ready: 'Did you start this yourself?', act: (page) => page.getByRole('button', { name: 'Continue' }).click() },
  { name: 'setup-no-link', server: fresh, path: '/setup', ready: 'administrator link', signedOut: true },
];

const sizes = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };
const cookie = (server) => ({ name: 'codexos_refresh', value: server.refreshCookie, domain: '127.0.0.1', path: '/api/v1/auth', httpOnly: true, sameSite: 'Strict' });

/** One route in one size: loaded in the dark theme, and seen once more after the reader's system turned light. */
async function look(browser, { route, sizeName }) {
  const nameOf = (theme) => `${route.name} ${theme} ${sizeName}`;
  const report = (theme, problems) => check(nameOf(theme), problems.filter((problem) => !route.allows?.test(problem)));
  const dark = [];
  const page = await browser.freshPage(sizes[sizeName], route.server.url);
  if (!route.signedOut) await browser.context.addCookies([cookie(route.server)]);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  watch(page, dark);
  const picture = async (theme) => {
    if (!shots) return;
    await page.screenshot({ path: join(shots, `${nameOf(theme).replaceAll(' ', '_')}.png`), fullPage: route.name !== 'run-long' });
  };
  try {
    await page.goto(route.server.url + route.path);
    await route.act?.(page);
    await page.getByText(route.ready).first().waitFor();
    await page.waitForLoadState('domcontentloaded');
    await page.evaluate(axe);
    dark.push(...(await violations(page, everyRule)));
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (overflow > 0) dark.push(`wider than the screen by ${overflow} px`);
    await picture('dark');
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
    report('light', await violations(page, contrast));
    await picture('light');
  } catch (error) {
    dark.push(String(error.message).split('\n')[0]);
    await picture('failed');
  }
  report('dark', dark);
  await page.close();
}

async function violations(page, options) {
  const found = await page.evaluate(async (given) => (await globalThis.axe.run(document, given)).violations, options);
  return found.flatMap((violation) =>
    violation.nodes.map((node) => `axe ${violation.id}: ${node.target.join(' ')}: ${node.any[0]?.message ?? violation.help}`));
}

/** One way through the application. */
async function tell(browser, [name, story]) {
  const page = await browser.freshPage(sizes.wide);
  const problems = [];
  watch(page, problems);
  try {
    await story(page, problems, shots && ((shot) => page.screenshot({ path: join(shots, `story_${shot}.png`) })));
  } catch (error) {
    problems.push(String(error.message).split('\n').slice(0, 3).join(' '));
    if (shots) await page.screenshot({ path: join(shots, `story_failed_${name.replaceAll(' ', '_')}.png`) });
  }
  check(name, problems);
  await page.close();
}

/** Does work in every browser until none is left. */
const share = (work, items) => {
  const left = [...items];
  return Promise.all(browsers.map(async (browser) => {
    for (let item = left.shift(); item; item = left.shift()) await work(browser, item);
  }));
};

try {
  const looks = routes.filter((each) => !only || each.name.startsWith(only))
    .flatMap((route) => Object.keys(sizes).map((sizeName) => ({ route, sizeName })));
  await share(look, looks);
  if (!only || /^story(:|$)/.test(only))
    await share(tell, Object.entries(stories).filter(([name]) => name.includes(only?.slice('story:'.length) ?? '')));
} finally {
  for (const browser of browsers) await browser.close();
  for (const server of [seeded, empty, fresh, viewer, asking]) await server.close();
}
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
