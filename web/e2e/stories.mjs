// The ways through the application that must work, each on a server of its own.
import { startFakeServer } from './fake-server.mjs';
import { knowledgeStories } from './knowledge-stories.mjs';
import { passkeyStories } from './passkey-stories.mjs';
import { projectStories } from './project-stories.mjs';
import { settingsStories } from './settings-stories.mjs';

const credentials = { email: 'ada@example.org', password: 'correct horse battery' };

async function onServer(options, story) {
  const server = await startFakeServer({ pace: 0.5, ...options });
  try {
    await story(server);
  } finally {
    await server.close();
  }
}

async function signIn(page, server, path = '/') {
  await page.goto(server.url + path);
  await page.getByLabel('E-mail').fill(credentials.email);
  await page.getByLabel('Password', { exact: true }).fill(credentials.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

const must = (truth, words) => {
  if (!truth) throw new Error(words);
};
/** The browser itself reports a refused or broken request; where the story provokes one, that is no fault. */
const allow = (problems, pattern) => problems.splice(0, problems.length, ...problems.filter((each) => !pattern.test(each)));

export const stories = {
  ...knowledgeStories({ onServer, signIn, must, allow }),
  ...passkeyStories({ onServer, signIn, must, allow }),
  ...projectStories({ onServer, signIn, must, allow }),
  ...settingsStories({ onServer, signIn, must, allow }),

  'The first visitor creates the administrator and is inside': (page, problems) =>
    onServer({ firstRun: true }, async (server) => {
      await page.goto(`${server.url}/`);
      await page.getByText('This CodexOS has no administrator yet').waitFor();
      await page.goto(`${server.url}/setup#token=first-run-token`);
      await page.getByLabel('E-mail').fill('owner@example.org');
      must(!page.url().includes('token'), 'the token stayed in the address');
      await page.getByLabel('Display name').fill('Owner');
      await page.getByLabel('Password', { exact: true }).fill('a long enough password');
      await page.getByRole('button', { name: 'Create and enter' }).click();
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      must(problems.length === 0, problems.join('; '));
    }),

  'A run is started, watched, approved and reloaded': (page, problems, shot) =>
    onServer({}, async (server) => {
      await signIn(page, server);
      await page.getByLabel('Task').fill('make the failing test pass');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByTestId('run-timeline').waitFor();
      await page.getByText('node --test').first().waitFor();
      await shot?.('live');
      await page.getByRole('button', { name: 'Approve' }).waitFor();
      must((await page.getByTestId('run-status').innerText()) === 'Waiting', 'the status is not Waiting');
      await shot?.('approval');
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.getByTestId('run-output').waitFor();
      must((await page.getByTestId('run-status').innerText()) === 'Completed', 'the status is not Completed');
      const before = await page.getByTestId('run-timeline').locator('[data-testid^=step-]').count();
      await page.reload();
      await page.getByText('The run completed.').waitFor();
      const after = await page.getByTestId('run-timeline').locator('[data-testid^=step-]').count();
      must(before === after && after === 13, `steps before the reload ${before}, after ${after}`);
      must((await page.getByTestId('diff-view').count()) >= 2, 'the diffs are missing');
      await shot?.('completed');
      allow(problems, /401/);
    }),

  'What a server asks in the middle of a call is answered': (page, problems) =>
    onServer({ empty: true, question: true }, async (server) => {
      await signIn(page, server, '/approvals');
      const form = page.getByRole('form', { name: 'Answer to hotel' });
      await form.getByRole('button', { name: 'Answer' }).click();
      const [run] = server.state.runs.values();
      must(run.pendingApprovals.length === 1, 'a form with an empty field was sent');
      await form.getByLabel('Name').fill('Ada Example');
      await form.getByLabel('Nights').fill('3');
      await form.getByLabel('Bed').selectOption({ label: 'One double bed' });
      await form.getByLabel('Place for a bicycle').check();
      await form.getByRole('button', { name: 'Answer' }).click();
      await page.getByText('Answered. The call goes on.').waitFor();
      await page.getByText('Nothing waits for you').waitFor();
      const said = JSON.stringify(run.events.at(-1).data.answer);
      const meant = JSON.stringify({ action: 'accept', content: { name: 'Ada Example', nights: 3, bed: 'double', extras: ['bike'], late: false } });
      must(said === meant, `the answer was ${said}`);
      allow(problems, /401/);
    }),

  'A lost connection is taken up again without a gap or a double': (page, problems) =>
    onServer({ pace: 1 }, async (server) => {
      await signIn(page, server);
      await page.getByLabel('Task').fill('make the failing test pass');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByTestId('step-tool-2').waitFor();
      server.cut();
      server.expireTokens();
      await page.getByRole('button', { name: 'Deny' }).click();
      await page.getByText('not committed').first().waitFor();
      await page.getByRole('tab', { name: /Journal/ }).click();
      const [run] = [...server.state.runs.values()].slice(-1);
      await page.getByText('run.completed').waitFor();
      const rows = await page.getByRole('tabpanel').locator('li').count();
      must(rows === run.events.length, `${rows} rows for ${run.events.length} events`);
      allow(problems, /401|ERR_|Failed to load/);
    }),

  'A run is cancelled after a question': (page, problems) =>
    onServer({ pace: 2 }, async (server) => {
      await signIn(page, server);
      await page.getByLabel('Task').fill('make the failing test pass');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByRole('button', { name: 'Cancel run' }).click();
      await page.getByLabel('Reason (optional)').fill('wrong repository');
      await page.getByRole('button', { name: 'Yes, cancel it' }).click();
      await page.getByText('Cancelled by Ada Example: wrong repository').waitFor();
      must((await page.getByRole('button', { name: 'Cancel run' }).count()) === 0, 'an ended run can still be cancelled');
      allow(problems, /401/);
    }),

  'A run is paused, told something, and goes on': (page, problems, shot) =>
    onServer({ pace: 2 }, async (server) => {
      await signIn(page, server);
      await page.getByLabel('Task').fill('make the failing test pass');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText('Paused by Ada Example.').waitFor();
      await page.getByRole('button', { name: 'Steer' }).click();
      await page.getByLabel('Tell it something').fill('Use spaces.');
      await page.keyboard.press('Control+Enter');
      await page.locator('blockquote', { hasText: 'Use spaces.' }).waitFor();
      await page.getByRole('button', { name: 'Resume' }).click();
      await page.getByText('Ada Example let it go on.').waitFor();
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      await shot?.('resumed');
      allow(problems, /401/);
    }),

  'A step in doubt is said to have taken place': (page, problems) =>
    onServer({ signedIn: false }, async (server) => {
      const run = [...server.state.runs.values()].find((each) => each.status === 'inDoubt');
      await signIn(page, server, `/runs/${run.id}`);
      await page.getByRole('button', { name: 'It took place' }).click();
      const area = page.getByLabel('What it gave (JSON)');
      await area.fill('{"text": "published"');
      await page.getByText('This is not JSON').waitFor();
      must(await page.getByRole('button', { name: 'Go on with this' }).isDisabled(), 'bad JSON can be sent');
      await area.fill('{"text": "published", "isError": false, "truncated": false, "data": null}');
      await page.getByRole('button', { name: 'Go on with this' }).click();
      await page.getByText('said to have taken place by Ada Example').waitFor();
      must(run.events.at(-1).data.output.text === 'published', 'the output did not arrive');
      allow(problems, /401/);
    }),

  'A failed run is tried again and its page goes on with it': (page, problems) =>
    onServer({}, async (server) => {
      const run = [...server.state.runs.values()].find((each) => each.status === 'failed');
      await signIn(page, server, `/runs/${run.id}`);
      await page.getByText('The run failed.').waitFor();
      await page.getByRole('button', { name: 'Retry' }).click();
      await page.getByLabel('Reason (optional)').fill('the model is back');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('Ada Example tries it again: the model is back').waitFor();
      must((await page.getByTestId('run-status').innerText()) === 'Running', 'the status is not Running');
      must((await page.getByText('live', { exact: true }).count()) === 1, 'the page does not follow the run');
      allow(problems, /401/);
    }),

  'A run is rolled back after a look at what that undoes, and forked': (page, problems, shot) =>
    onServer({}, async (server) => {
      const run = [...server.state.runs.values()].filter((each) => each.status === 'completed')[1];
      await signIn(page, server, `/runs/${run.id}`);
      await page.getByTestId('step-tool-2').getByRole('button', { name: /read_file/ }).click();
      await page.getByTestId('step-tool-2').getByRole('button', { name: 'State after this' }).click();
      await page.getByRole('button', { name: 'Checkpoint before' }).click();
      await page.getByRole('button', { name: 'Roll back to here' }).click();
      const dialog = page.getByRole('dialog', { name: /Roll back to event/ });
      await dialog.getByText('edit_file', { exact: false }).or(dialog.getByText('tool-5')).first().waitFor();
      must(await dialog.getByRole('button', { name: 'Roll back' }).isDisabled(), 'what cannot be undone was not asked about');
      await dialog.getByLabel('Leave what cannot be undone as it is').check();
      await dialog.getByRole('button', { name: 'Roll back' }).click();
      await page.getByTestId('group-undone').waitFor();
      must((await page.getByTestId('run-status').innerText()) === 'Paused', 'the status is not Paused');
      await shot?.('rolled-back');
      await page.getByRole('tab', { name: 'States' }).click();
      await page.getByRole('button', { name: 'Checkpoint before' }).click();
      await page.getByRole('button', { name: 'Fork from here' }).click();
      await page.getByLabel('Tell it something first (optional)').fill('Mind the tests.');
      await page.getByRole('button', { name: 'Start the fork' }).click();
      await page.getByTestId('run-origin').waitFor();
      await page.getByText('Mind the tests.').waitFor();
      await page.getByTestId('group-shared').getByRole('button').click();
      allow(problems, /401/);
    }),

  'A mistake in a definition is shown with its line and column': (page, problems) =>
    onServer({}, async (server) => {
      await signIn(page, server, '/agents/repo-engineer');
      await page.getByRole('button', { name: 'Edit' }).click();
      const area = page.getByLabel('Definition (YAML)');
      const good = await area.inputValue();
      await area.fill(good.replace('  stepsMax', '\tstepsMax'));
      await page.getByRole('button', { name: 'Save as a new version' }).click();
      await page.getByText(/Line 19, column 1/).waitFor();
      await area.fill(good.replace('stepsMax: 50', 'stepsMax: 40'));
      await page.getByRole('button', { name: 'Save as a new version' }).click();
      await page.getByText('Saved as repo-engineer v3.').waitFor();
      allow(problems, /401|400/);
    }),

  'Somebody who has forgotten their password chooses another': (page, problems) =>
    onServer({}, async (server) => {
      await page.goto(`${server.url}/sign-in`);
      await page.getByRole('link', { name: 'Forgotten your password?' }).click();
      await page.getByRole('heading', { name: 'Forgotten password' }).waitFor(); // the page before has such a field too
      await page.getByLabel('E-mail').fill(credentials.email);
      await page.getByRole('button', { name: 'Mail me a link' }).click();
      await page.getByText('Look into your mail').waitFor();
      await page.goto(`${server.url}/reset-password#token=an-old-one`);
      await page.getByLabel('New password', { exact: true }).fill('quite another passphrase');
      await page.getByRole('button', { name: 'Set the password' }).click();
      await page.getByText('This link is not good, or no longer.').waitFor();
      await page.goto(`${server.url}/reset-password#token=reset-token`);
      await page.waitForURL((url) => url.hash === ''); // the token does not stay in the address bar
      await page.getByRole('button', { name: 'Set the password' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await page.getByLabel('E-mail').fill(credentials.email);
      await page.getByLabel('Password', { exact: true }).fill('quite another passphrase');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      allow(problems, /401|404/);
    }),

  'The keyboard reaches everything': (page, problems) =>
    onServer({}, async (server) => {
      await signIn(page, server);
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      await page.locator('body').click({ position: { x: 600, y: 5 } });
      await page.keyboard.press('g');
      await page.keyboard.press('r');
      await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
      await page.keyboard.press('Control+k');
      await page.getByPlaceholder('Find a page').fill('repository eng');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Repository engineer' }).waitFor();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: /Account menu/ }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await page.goto(`${server.url}/runs?status=failed`);
      await page.getByLabel('E-mail').fill(credentials.email);
      await page.getByLabel('Password', { exact: true }).fill(credentials.password);
      await page.keyboard.press('Enter');
      await page.getByText('upgrade the parser').waitFor();
      must(page.url().endsWith('/runs?status=failed'), 'sign-in did not return to the page');
      allow(problems, /401/);
    }),
};
