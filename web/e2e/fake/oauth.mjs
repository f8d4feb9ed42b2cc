// Applications and devices that ask to act for somebody, and those that may.
const who = { email: 'ada@example.org', tenantName: 'Home' };
const asked = [
  { name: 'openid', meaning: 'Know who you are, by your id', held: true },
  { name: 'runs:read', meaning: 'See runs, their events, and what they ask for', held: true },
  { name: 'tenants:write', meaning: 'Make, disable and enable tenants', held: false },
];

export function oauthRoutes(Refusal) {
  return [
    ['POST', /^\/oauth\/authorization\/look$/, ({ body }) => {
      if (!body.query.includes('cli_1')) throw new Refusal(404, 'identity.unknown_client', 'This application is not registered here, or not in the tenant that you are signed in to.');
      return {
        question: { clientName: 'Notebook', selfRegistered: true, redirectHost: 'notebook.example', scopes: asked, ...who },
        redirect: null, error: null, byItself: false,
      };
    }],
    ['POST', /^\/oauth\/device\/look$/, () => ({
      clientName: 'CodexOS command line', device: 'codexos-client/0.1.0', everything: true, scopes: [],
      requestedAt: new Date().toISOString(), ...who,
    })],
    ['GET', /^\/auth\/applications$/, () => ({
      items: [{
        id: 'ses_0198a1b2c3d47e5f8a9b0c1d2e3f4a5d', client: 'cli_0198a1b2c3d47e5f8a9b0c1d2e3f4a5e', name: 'Notebook',
        scopes: ['openid', 'runs:read'], allowedAt: '2026-01-10T09:00:00Z', lastUsedAt: '2026-01-11T09:00:00Z',
        expiresAt: '2026-02-10T09:00:00Z',
      }],
      nextCursor: null,
    })],
  ];
}
