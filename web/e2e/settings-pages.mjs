// The pages of the settings, as an owner sees them, on a new server, and as somebody who may little.

export function settingsPages({ seeded, empty, viewer }) {
  const at = (name, path, ready, more = {}) => ({ name: `settings-${name}`, server: seeded, path: `/settings/${path}`, ready, ...more });
  const press = (name, role = 'button') => (page) => page.getByRole(role, { name, exact: true }).first().click();
  return [
    { name: 'settings', server: seeded, path: '/settings', ready: 'Second factor' },
    at('factor', 'profile', 'Scan this with your authenticator', { act: async (page) => {
      await page.getByRole('button', { name: 'Set up' }).click();
      await page.getByLabel('Your password').fill('correct horse battery');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByAltText('QR code').waitFor();
    } }),
    at('sessions', 'sessions', 'this one'),
    at('sessions-end', 'sessions', 'Keep', { act: press('End all others') }),
    at('members', 'members', 'Grace Hopper'),
    at('members-none', 'members?q=nobody', 'Nobody matches'),
    at('members-menu', 'members', 'Change role', { act: press('Actions for Grace Hopper') }),
    at('members-invite', 'members', 'works once', { act: press('Invite') }),
    at('members-new', 'members', 'Nobody is invited at present', { server: empty }),
    at('members-refused', 'members', 'Your role does not show you this', { server: viewer }),
    at('system', 'system', 'bubblewrap'),
    at('system-mode', 'system', 'Mode of service', { act: press('Change mode') }),
  ];
}
