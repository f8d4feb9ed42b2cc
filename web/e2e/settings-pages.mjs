// The pages of the settings, as an owner sees them, on a new server, and as somebody who may little.

export function settingsPages({ seeded, empty, viewer }) {
  const at = (name, path, ready, more = {}) => ({ name: `settings-${name}`, server: seeded, path: `/settings/${path}`, ready, ...more });
  const press = (name, role = 'button') => (page) => page.getByRole(role, { name, exact: true }).first().click();
  const choose = (who, action) => async (page) => {
    await press(`Actions for ${who}`)(page);
    await press(action, 'menuitem')(page);
  };
  return [
    { name: 'settings', server: seeded, path: '/settings', ready: 'Second factor' },
    at('factor', 'profile', 'Scan this with your authenticator', { act: async (page) => {
      await page.getByRole('button', { name: 'Set up' }).click();
      await page.getByLabel('Your password').fill('correct horse battery');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByAltText('QR code').waitFor();
    } }),
    at('passkey', 'profile', 'Then your browser asks', { act: press('Add a passkey') }),
    at('passkeys-none', 'profile', 'no passkeys under its address', { server: viewer }),
    at('name', 'profile', 'How others see you', { act: press('Change name') }),
    at('password', 'profile', 'All your other sessions end', { act: press('Change password') }),
    at('sessions', 'sessions', 'this one'),
    at('sessions-end', 'sessions', 'Keep', { act: press('End all others') }),
    at('members', 'members', 'Grace Hopper'),
    at('members-none', 'members?q=nobody', 'Nobody matches'),
    at('members-menu', 'members', 'Change role', { act: press('Actions for Grace Hopper') }),
    at('members-end', 'members', 'They are signed out on every device', { act: choose('Grace Hopper', 'End sessions') }),
    at('members-invite', 'members', 'works once', { act: press('Invite') }),
    at('members-new', 'members', 'Nobody is invited at present', { server: empty }),
    at('members-refused', 'members', 'Your role does not show you this', { server: viewer }),
    at('roles', 'roles', 'release-manager'),
    at('roles-new', 'roles?new=1', 'Create role'),
    at('role', 'roles/release-manager', 'Save changes'),
    at('role-built-in', 'roles/viewer', 'cannot be changed'),
    at('role-missing', 'roles/nothing', 'role.not_found', { allows: /404/ }),
    at('access', 'access', 'Access review'),
    at('access-grant', 'access', 'It need not be there yet', { act: press('Grant') }),
    at('access-new', 'access', 'Nothing was granted', { server: empty }),
    at('access-who', 'access?may=secrets:reveal', 'by their role'),
    at('api-keys', 'api-keys', 'laptop'),
    at('api-keys-all', 'api-keys?whose=all', 'deployer'),
    at('api-keys-new', 'api-keys', 'No API keys', { server: empty }),
    at('api-keys-make', 'api-keys', 'Create key', { act: press('New API key') }),
    at('api-keys-replace', 'api-keys', 'The old key goes on for', { act: choose('laptop', 'Replace') }),
    at('projects', 'projects', 'All that the public site is made with'),
    at('projects-none', 'projects', 'No projects', { server: empty }),
    at('projects-make', 'projects', 'It stays as it is', { act: press('New project') }),
    at('project', 'projects/website', 'handbook'),
    at('project-empty', 'projects/research', 'Nobody belongs to it'),
    at('project-member', 'projects/website', 'may do no more there than you', { act: press('Add somebody') }),
    at('project-thing', 'projects/website', 'what their roles here say', { act: press('Put something in') }),
    at('project-take', 'projects/website', 'It stays as it is', { act: press('Take out agent:repo-engineer') }),
    at('project-missing', 'projects/nothing', 'project.not_found', { allows: /404/ }),
    at('projects-looked-at', 'projects/website', 'deployer', { server: viewer }),
    at('service-accounts', 'service-accounts', 'deployer'),
    at('service-accounts-new', 'service-accounts', 'No service accounts', { server: empty }),
    at('service-accounts-make', 'service-accounts', 'It stays as it is', { act: press('New service account') }),
    at('service-account', 'service-accounts/deployer', 'cdx_'),
    at('connections', 'connections', 'githubcopilot'),
    at('connections-empty', 'connections', 'No connections', { server: empty }),
    at('connections-new', 'connections', 'may use it as their roles there say', { act: press('New connection') }),
    ...[['program', 'MCP server in a sandbox', 'It has no network'], ['api', 'HTTP API with an OpenAPI document', 'not shown again']].map(([name, kind, ready]) =>
      at(`connections-new-${name}`, 'connections', ready, { act: async (page) => {
        await press('New connection')(page);
        await page.getByRole('dialog').getByLabel('Kind').selectOption({ label: kind });
      } })),
    at('connection', 'connections/github', 'github_create_issue'),
    at('connection-failed', 'connections/notes', 'mcp.ended'),
    at('connection-remove', 'connections/pets', 'No run can call its tools', { act: choose('pets', 'Remove') }),
    at('connection-missing', 'connections/nothing', 'connections.not_found', { allows: /404/ }),
    at('connection-viewer', 'connections/pets', 'pets_list_pets', { server: viewer }),
    at('secrets', 'secrets', 'api.github.com'),
    at('secrets-empty', 'secrets', 'No secrets', { server: empty }),
    at('secrets-set', 'secrets', 'One to a line', { act: press('New secret') }),
    at('sso', 'sso', 'unverified'),
    at('sso-empty', 'sso', 'No single sign-on', { server: empty }),
    at('sso-new', 'sso', 'to the letter', { act: press('New connection') }),
    at('sso-domain', 'sso', 'It can take an hour', { act: press('Manage labs.example.org') }),
    at('sso-test', 'sso', 'takes client id and secret', { act: async (page) => {
      await page.getByRole('button', { name: 'Actions for Staff' }).click();
      await page.getByRole('menuitem', { name: 'Test' }).click();
    } }),
    at('sso-refused', 'sso', 'sso:read', { server: viewer }),
    at('privacy', 'privacy', 'audit_facts'),
    at('privacy-empty', 'privacy', 'Nothing is on hold', { server: empty }),
    at('privacy-export', 'privacy', 'Look the archive over', { act: press('Export somebody’s data') }),
    at('privacy-erase', 'privacy', 'This cannot be undone', { act: press('Erase somebody') }),
    at('privacy-receipt', 'privacy', 'Key to check it with', {
      act: (page) => page.getByRole('button', { name: /^Show the receipt/ }).first().click(),
    }),
    at('privacy-hold', 'privacy', 'It stays on the list', { act: press('Place a hold') }),
    at('privacy-retention', 'privacy', 'Empty leaves it to the server', { act: press('Set how long sessions are kept') }),
    at('privacy-cache', 'privacy', 'the answers that are kept are removed', { act: press('Switch it off') }),
    at('privacy-refused', 'privacy', 'privacy:read', { server: viewer }),
    at('keys', 'keys', 'Retiring'),
    at('keys-rotate', 'keys', 'Rotate the keys?', { act: press('Rotate keys') }),
    at('audit', 'audit', 'secrets.reveal'),
    at('audit-entry', 'audit', 'The way to the root', { act: async (page) => {
      await page.getByRole('button', { name: /secrets.reveal/ }).click();
      await page.getByRole('button', { name: 'Prove it' }).click();
      await page.getByText('The way to the root').waitFor();
      await page.evaluate(() => scrollTo(0, 0)); // nothing is to lie under the bars at the top and bottom
    } }),
    at('audit-verify', 'audit', 'The log is what it was', { act: async (page) => {
      await press('Verify the log')(page);
      // What lies half beneath the bar after scrolling is no fault of the page.
      await page.getByText('The log is what it was').waitFor();
      await page.evaluate(() => window.scrollTo(0, 0));
    } }),
    at('audit-evidence', 'audit', 'It supports an audit', { act: press('New bundle') }),
    at('audit-none', 'audit?action=nothing.at.all', 'No entry matches'),
    at('quotas', 'quotas', 'workspaces'),
    at('tenants', 'tenants', 'Former customer'),
    at('tenants-make', 'tenants', 'Create tenant', { act: press('New tenant') }),
    at('tenant', `tenants/${seeded.settings.tenants[1].id}`, 'New owner link'),
    at('tenant-quota', `tenants/${seeded.settings.tenants[1].id}`, 'Empty is as for everybody', { act: press('Set agents') }),
    at('audit-refused', 'audit', 'audit:read', { server: viewer }),
    at('system', 'system', 'bubblewrap'),
    at('system-mode', 'system', 'Mode of service', { act: press('Change mode') }),
  ];
}
