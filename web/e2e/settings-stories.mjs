// The main deeds of the settings.

export function settingsStories({ onServer, signIn, must, allow }) {
  /** A story that begins signed in on a page of the settings. */
  const at = (path, story, options = {}) => (page, problems, shot) =>
    onServer(options, async (server) => {
      await signIn(page, server, `/settings/${path}`);
      await story(page, server, shot);
      allow(problems, /401/);
    });
  const dialog = (page) => page.getByRole('dialog');
  const row = (page, text) => page.getByRole('row').filter({ hasText: text });
  const choose = async (page, who, action) => {
    await page.getByRole('button', { name: `Actions for ${who}` }).click();
    await page.getByRole('menuitem', { name: action }).click();
  };

  return {
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

    'A session is ended, and then all others': at('sessions', async (page, server) => {
      await row(page, 'Safari 18 on iPhone').getByRole('button', { name: 'End' }).click();
      await dialog(page).getByRole('button', { name: 'End', exact: true }).click();
      await row(page, 'Safari 18 on iPhone').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'End all others' }).click();
      await dialog(page).getByRole('button', { name: 'End', exact: true }).click();
      await page.getByRole('button', { name: 'End all others' }).waitFor({ state: 'detached' });
      must(server.settings.sessions.length === 1 && server.settings.sessions[0].current, 'this session was ended, or others are left');
    }),
  };
}
