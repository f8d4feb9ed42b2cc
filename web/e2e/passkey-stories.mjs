// Passkeys with a virtual authenticator of Chromium's. Browsers offer them under a name only, so the pages are at localhost.

/** A device that verifies whoever is there, until it is told not to. */
async function addAuthenticator(page, isUserVerified = true) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified,
      automaticPresenceSimulation: true,
    },
  });
  return {
    credentials: async () => (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    verify: (verified) => devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: verified }),
    close: async () => {
      await devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
      await devtools.detach();
    },
  };
}

export function passkeyStories({ onServer, signIn, must, allow }) {
  const dialog = (page) => page.getByRole('dialog');
  const named = (server) => ({ ...server, url: server.url.replace('127.0.0.1', 'localhost') });

  return {
    'A passkey is added, renamed, signed in with and removed': (page, problems, shot) =>
      onServer({}, async (plain) => {
        const server = named(plain);
        const device = await addAuthenticator(page);
        await signIn(page, server, '/settings/profile');
        await page.getByText('You have no passkeys').waitFor();
        await page.getByRole('button', { name: 'Add a passkey' }).click();
        await dialog(page).getByLabel('Name').fill('laptop');
        await dialog(page).getByLabel('Your password').fill('correct horse battery');
        await shot?.('passkey-add');
        await dialog(page).getByRole('button', { name: 'Continue' }).click();
        await page.getByText('laptop signs you in from now on.').waitFor();
        must((await device.credentials()).length === 1, 'the device keeps no passkey');

        await page.getByRole('button', { name: 'Rename laptop' }).click();
        await dialog(page).getByLabel('Name').fill('old laptop');
        await dialog(page).getByRole('button', { name: 'Rename' }).click();
        await page.getByText('old laptop', { exact: true }).waitFor();
        await shot?.('passkeys');

        await page.getByRole('button', { name: /Account menu/ }).click();
        await page.getByRole('menuitem', { name: 'Sign out' }).click();
        await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
        await page.getByText('With one, your password alone lets nobody in.').waitFor();

        await page.getByRole('button', { name: 'Remove old laptop' }).click();
        await dialog(page).getByText('Your browser asks you for one of your passkeys.').waitFor();
        await dialog(page).getByRole('button', { name: 'Remove' }).click();
        await page.getByText('You have no passkeys').waitFor();
        must(plain.passkeys.length === 0, 'the passkey is still there');
        await device.close();
        allow(problems, /401/);
      }),

    'A passkey that the device gives to nobody is told in plain words': (page, problems) =>
      onServer({}, async (plain) => {
        const server = named(plain);
        const device = await addAuthenticator(page, false);
        await page.goto(`${server.url}/sign-in`);
        await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
        await page.getByText('The browser was told no, or nobody answered in time.').waitFor();
        await device.close();
        allow(problems, /401/);
      }),
  };
}
