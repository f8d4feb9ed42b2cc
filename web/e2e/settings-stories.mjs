// The main deeds of the settings.

export function settingsStories({ onServer, signIn, must, allow }) {
  /** A story that begins signed in on a page of the settings. */
  const at = (path, story, options = {}, allowed = /401/) => (page, problems, shot) =>
    onServer(options, async (server) => {
      await signIn(page, server, `/settings/${path}`);
      await story(page, server, shot);
      allow(problems, allowed);
    });
  const dialog = (page) => page.getByRole('dialog');
  const row = (page, text) => page.getByRole('row').filter({ hasText: text });
  const choose = async (page, who, action) => {
    await page.getByRole('button', { name: `Actions for ${who}` }).click();
    await page.getByRole('menuitem', { name: action }).click();
  };

  return {
    'The keys are rotated by a run, which is watched to its end': at('keys', async (page) => {
      await page.getByRole('button', { name: 'Rotate keys' }).click();
      await dialog(page).getByRole('button', { name: 'Rotate' }).click();
      await page.getByRole('link', { name: 'Rotating the keys' }).waitFor();
      await page.getByText('3 keys wrapped and 118 values sealed anew').waitFor();
      must(await page.getByRole('button', { name: 'Rotate keys' }).isEnabled(), 'no further rotation can be started');
    }),

    'A bundle of evidence is made, watched, and deleted': at('audit', async (page, server) => {
      await page.getByRole('button', { name: 'New bundle' }).click();
      await dialog(page).getByLabel('First day (UTC)').fill('2026-01-01');
      await dialog(page).getByLabel('Last day (UTC)').fill('2026-03-31');
      await dialog(page).getByRole('button', { name: 'Make it' }).click();
      await page.getByRole('link', { name: 'Making a bundle' }).waitFor();
      await row(page, '2026-01-01 to 2026-03-31').waitFor();
      await page.getByRole('link', { name: 'Making a bundle' }).waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Delete the bundle from 2026-01-01' }).click();
      await dialog(page).getByRole('button', { name: 'Delete' }).click();
      await row(page, '2026-01-01 to 2026-03-31').waitFor({ state: 'detached' });
      must(server.settings.evidence.length === 1, 'the bundle is still there');
    }),

    'Somebody is invited, and appears among the open invitations': at('members', async (page, server, shot) => {
      await page.getByRole('button', { name: 'Invite', exact: true }).click();
      await dialog(page).getByLabel('E-mail').fill('katherine@example.org');
      await dialog(page).getByLabel('Role').selectOption('viewer');
      await shot?.('invite');
      await dialog(page).getByRole('button', { name: 'Invite' }).click();
      await row(page, 'katherine@example.org').getByText('viewer').waitFor();
      await choose(page, 'katherine@example.org', 'Withdraw');
      await dialog(page).getByRole('button', { name: 'Withdraw' }).click();
      await row(page, 'katherine@example.org').waitFor({ state: 'detached' });
      must(server.settings.invitations.length === 1, 'the invitation is still there');
    }),

    'A member is found, given another role, and disabled': at('members', async (page, server) => {
      await page.getByPlaceholder('Find a member').fill('hopper');
      await row(page, 'Person 1').first().waitFor({ state: 'detached' });
      must(page.url().endsWith('?q=hopper'), 'the search is not in the address');
      await choose(page, 'Grace Hopper', 'Change role');
      await dialog(page).getByLabel('Role').selectOption('operator');
      await dialog(page).getByRole('button', { name: 'Change role' }).click();
      await row(page, 'Grace Hopper').getByText('operator').waitFor();
      await choose(page, 'Grace Hopper', 'Disable');
      await dialog(page).getByRole('button', { name: 'Disable' }).click();
      await row(page, 'Grace Hopper').getByText('Disabled').waitFor();
      must(server.settings.members.find((each) => each.displayName === 'Grace Hopper').role === 'operator', 'the role did not arrive');
    }),

    'A member is signed out of everything after a question': at('members', async (page) => {
      await page.getByPlaceholder('Find a member').fill('hopper');
      await row(page, 'Person 1').first().waitFor({ state: 'detached' });
      await choose(page, 'Grace Hopper', 'End sessions');
      await dialog(page).getByRole('button', { name: 'End sessions' }).click();
      await page.getByText('Grace Hopper is signed out.').waitFor();
    }),

    'The name and the password are changed, and the other sessions are over': at('profile', async (page, server) => {
      await page.getByRole('button', { name: 'Change name' }).click();
      await dialog(page).getByLabel('Name').fill('Ada King');
      await dialog(page).getByRole('button', { name: 'Change name' }).click();
      await page.getByText('Ada King', { exact: true }).first().waitFor();
      await page.getByRole('button', { name: 'Change password' }).click();
      await dialog(page).getByLabel('Present password', { exact: true }).fill('not this one');
      await dialog(page).getByLabel('New password', { exact: true }).fill('quite another passphrase');
      await dialog(page).getByRole('button', { name: 'Change password' }).click();
      await dialog(page).getByText('E-mail or password is wrong.').waitFor();
      await dialog(page).getByLabel('Present password', { exact: true }).fill('correct horse battery');
      await dialog(page).getByRole('button', { name: 'Change password' }).click();
      await page.getByText('Your password is changed').waitFor();
      must(server.settings.sessions.length === 1, 'the other sessions are still there');
    }),

    'A session is ended, and then all others, with the password each time': at('sessions', async (page, server) => {
      await row(page, 'Safari 18 on iPhone').getByRole('button', { name: 'End' }).click();
      await dialog(page).getByLabel('Your password', { exact: true }).fill('not this one');
      await dialog(page).getByRole('button', { name: 'End', exact: true }).click();
      await dialog(page).getByText('This is not your present password.').waitFor();
      must(server.settings.sessions.length === 3, 'a session was ended with a wrong password');
      await dialog(page).getByLabel('Your password', { exact: true }).fill('correct horse battery');
      await dialog(page).getByRole('button', { name: 'End', exact: true }).click();
      await row(page, 'Safari 18 on iPhone').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'End all others' }).click();
      await dialog(page).getByLabel('Your password', { exact: true }).fill('correct horse battery');
      await dialog(page).getByRole('button', { name: 'End', exact: true }).click();
      await page.getByRole('button', { name: 'End all others' }).waitFor({ state: 'detached' });
      must(server.settings.sessions.length === 1 && server.settings.sessions[0].current, 'this session was ended, or others are left');
    }),

    'A project is made, gets a member and a thing, and is deleted': at('projects', async (page, server, shot) => {
      const { projects } = server.settings;
      await page.getByRole('button', { name: 'New project' }).click();
      await dialog(page).getByLabel('Name').fill('shop');
      await dialog(page).getByLabel('What it is about').fill('The shop');
      await dialog(page).getByRole('button', { name: 'Create' }).click();
      await page.getByRole('heading', { name: 'shop' }).waitFor();
      await page.getByText('Nobody belongs to it').waitFor();
      await page.getByRole('button', { name: 'Add somebody' }).click();
      await dialog(page).getByLabel('Who').selectOption({ label: 'Grace Hopper (grace@example.org)' });
      await dialog(page).getByLabel('Role in the project').selectOption('operator');
      await dialog(page).getByRole('button', { name: 'Add' }).click();
      await row(page, 'Grace Hopper').getByText('operator').waitFor();
      await choose(page, 'Grace Hopper', 'Change role');
      await dialog(page).getByLabel('Role in the project').selectOption('viewer');
      await dialog(page).getByRole('button', { name: 'Change role' }).click();
      await row(page, 'Grace Hopper').getByText('viewer').waitFor();

      await page.getByRole('button', { name: 'Put something in' }).click();
      await dialog(page).getByLabel('Its name').fill('repo-engineer');
      await dialog(page).getByRole('button', { name: 'Put in' }).click();
      await dialog(page).getByText('lies in another project').waitFor();
      await dialog(page).getByLabel('Kind').selectOption('knowledge');
      await dialog(page).getByLabel('Its name').fill('catalogue');
      await dialog(page).getByRole('button', { name: 'Put in' }).click();
      await row(page, 'catalogue').waitFor();
      await shot?.('filled');
      await page.getByRole('button', { name: 'Take out knowledge:catalogue' }).click();
      await dialog(page).getByRole('button', { name: 'Take out' }).click();
      await page.getByText('Nothing lies in it').waitFor();
      await choose(page, 'Grace Hopper', 'Take out');
      await dialog(page).getByRole('button', { name: 'Take out' }).click();
      await page.getByText('Nobody belongs to it').waitFor();
      await choose(page, 'shop', 'Delete');
      await dialog(page).getByRole('button', { name: 'Delete' }).click();
      await row(page, 'website').waitFor();
      must(!projects.some((each) => each.name === 'shop'), 'the project is still there');
    }, {}, /401|409/),

    'A role is made of two permissions, given a third, and deleted': at('roles', async (page, server, shot) => {
      await page.getByRole('button', { name: 'New role' }).click();
      await page.getByLabel('Name').fill('Release Manager');
      await page.getByLabel('agents:read', { exact: true }).check();
      await page.getByLabel('runs:start', { exact: true }).check();
      await page.getByText('2 permissions', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Create role' }).click();
      must(server.settings.roles.length === 7, 'a name that cannot be was sent');
      await page.getByLabel('Name').fill('starter');
      await page.getByRole('button', { name: 'Create role' }).click();
      await page.getByRole('heading', { name: 'starter' }).waitFor();
      must(server.settings.roles.at(-1).permissions.join() === 'agents:read,runs:start', 'other permissions arrived');
      await page.getByLabel('runs:read', { exact: true }).check();
      await shot?.('role');
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.getByText('The role starter is changed.').waitFor();
      must(server.settings.roles.at(-1).permissions.length === 3, 'the third permission did not arrive');
      await page.getByRole('button', { name: 'Delete role' }).click();
      await dialog(page).getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('heading', { name: 'Roles', exact: true }).waitFor();
      await row(page, 'starter').waitFor({ state: 'detached' });
    }),

    'An API key is made with one scope, shown once, and revoked': at('api-keys', async (page, server, shot) => {
      await page.getByRole('button', { name: 'New API key' }).click();
      must(await dialog(page).getByRole('button', { name: 'Create key' }).isDisabled(), 'a key without scopes can be made');
      await dialog(page).getByLabel('Name').fill('build server');
      await dialog(page).getByLabel('Good for, in days').fill('30');
      await dialog(page).getByLabel('runs:read', { exact: true }).check();
      await dialog(page).getByRole('button', { name: 'Create key' }).click();
      const key = await dialog(page).getByRole('group', { name: 'The key' }).innerText();
      must(key.startsWith('cdx_'), `this is no key: ${key}`);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await dialog(page).getByText('It is not shown again').waitFor();
      await shot?.('key');
      await dialog(page).getByRole('button', { name: 'I have kept it' }).click();
      await row(page, 'build server').getByText('runs:read').waitFor();
      must(!(await page.locator('body').innerText()).includes(key), 'the key is still on the page');
      must(server.settings.apiKeys[0].scopes.join() === 'runs:read', 'other scopes arrived');
      await choose(page, 'build server', 'Revoke');
      await dialog(page).getByRole('button', { name: 'Revoke' }).click();
      await row(page, 'build server').getByText('Revoked').waitFor();
    }),

    'An API key is replaced, and the old one goes on for a while': at('api-keys', async (page, server, shot) => {
      await choose(page, 'laptop', 'Replace');
      await dialog(page).getByLabel('The old key goes on for').selectOption('An hour');
      await dialog(page).getByRole('button', { name: 'Replace' }).click();
      const key = await dialog(page).getByRole('group', { name: 'The key' }).innerText();
      must(key.startsWith('cdx_'), `this is no key: ${key}`);
      await shot?.('key-replaced');
      await dialog(page).getByRole('button', { name: 'I have kept it' }).click();
      await row(page, 'laptop').getByText('replaced, goes on until').waitFor();
      await row(page, 'laptop').getByText('replaces an earlier key').waitFor();
      must(!(await page.locator('body').innerText()).includes(key), 'the key is still on the page');
      must(server.settings.apiKeys[0].replaces === server.settings.apiKeys.find((each) => each.replacedBy).id, 'another key was replaced');
    }),

    'A secret is set, revealed after a question, and removed': at('secrets', async (page, server) => {
      await page.getByRole('button', { name: 'New secret' }).click();
      await dialog(page).getByLabel('Name').fill('tracker');
      await dialog(page).getByLabel('Value', { exact: true }).fill('s3cret');
      await dialog(page).getByLabel('The only hosts').fill('tracker.example.com\nfiles.example.com');
      await dialog(page).getByRole('button', { name: 'Set secret' }).click();
      await row(page, 'tracker').getByText('files.example.com').waitFor();
      must(!(await page.locator('body').innerText()).includes('s3cret'), 'the value is on the page');
      await choose(page, 'tracker', 'Reveal');
      await dialog(page).getByText('in the audit log').waitFor();
      await dialog(page).getByRole('button', { name: 'Reveal' }).click();
      await dialog(page).getByText('ghp_not_a_real_token').waitFor();
      await dialog(page).getByRole('button', { name: 'Hide it' }).click();
      await choose(page, 'tracker', 'Remove');
      await dialog(page).getByRole('button', { name: 'Remove' }).click();
      await row(page, 'tracker').waitFor({ state: 'detached' });
      must(server.settings.secrets.length === 2, 'the secret is still there');
    }),

    'The audit log is filtered, and an entry is opened and proved': at('audit', async (page) => {
      const entry = (name) => page.getByRole('button', { name });
      await entry(/agents.apply/).waitFor();
      await page.getByLabel('Outcome').selectOption('denied');
      await entry(/agents.apply/).waitFor({ state: 'detached' });
      must(page.url().includes('outcome=denied'), 'the filter is not in the address');
      await entry(/tenants.reach_across/).click();
      await page.getByText('GetAgent').waitFor();
      await page.getByLabel('Outcome').selectOption('');
      await page.getByLabel('What, as agents').fill('sessions.*');
      await entry(/tenants.reach_across/).waitFor({ state: 'detached' });
      await entry(/sessions.sign_in/).first().click();
      await page.getByText('erased').waitFor();
      await page.getByRole('button', { name: 'Prove it' }).click();
      await page.getByText('This browser followed it').waitFor();
    }),

    'A tenant is made with a link for its owner, and disabled': at('tenants', async (page, server) => {
      await page.getByRole('button', { name: 'New tenant' }).click();
      await dialog(page).getByLabel('Name').fill('Carol and sons');
      await dialog(page).getByRole('button', { name: 'Create tenant' }).click();
      await dialog(page).getByText(`${server.url}/setup#token=`).waitFor();
      await dialog(page).getByRole('button', { name: 'I have kept it' }).click();
      await page.getByRole('link', { name: 'Carol and sons' }).click();
      await page.getByRole('button', { name: 'Disable' }).click();
      await dialog(page).getByRole('button', { name: 'Disable' }).click();
      await page.getByText('Disabled', { exact: true }).waitFor();
      must(server.settings.tenants.at(-1).disabledAt !== null, 'the tenant is still open');
    }),

    'A tenant is moved to another database by a run': at('tenants', async (page, server, shot) => {
      await page.getByRole('link', { name: "Bob's workshop" }).click();
      await page.getByRole('button', { name: 'Move' }).click();
      await dialog(page).getByLabel('Where to').selectOption('east');
      await dialog(page).getByRole('button', { name: 'Start the move' }).click();
      await page.getByRole('heading', { name: "Move of Bob's workshop to east" }).waitFor();
      await shot?.('tenant-on-its-way');
      must(server.settings.tenants[1].place === 'east', 'the tenant was not moved');
    }),

    'Who may only look is offered nothing else': at('profile', async (page) => {
      await page.getByRole('heading', { name: 'Profile and security' }).waitFor();
      const nav = page.getByRole('navigation', { name: 'Settings' });
      await nav.getByRole('link', { name: 'Roles' }).click();
      await row(page, 'release-manager').waitFor();
      must((await page.getByRole('button', { name: 'New role' }).count()) === 0, 'a viewer is offered to make roles');
      must((await nav.getByRole('link', { name: 'Members' }).count()) === 0, 'a viewer is offered the members');
      await page.keyboard.press('Control+k');
      await page.getByPlaceholder('Find a page').fill('sessions');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    }, { role: 'viewer' }),
  };
}
