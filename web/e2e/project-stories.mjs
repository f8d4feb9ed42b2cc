// What is made in projects, and what somebody is offered who may do things in some of them only.
import { guest } from './fake/standing.mjs';

export function projectStories({ onServer, signIn, must, allow }) {
  /** A story that begins signed in on a page. */
  const at = (path, story, { allowed = /401/, ...options } = {}) => (page, problems, shot) =>
    onServer(options, async (server) => {
      await signIn(page, server, path);
      await story(page, server, shot);
      allow(problems, allowed);
    });
  const dialog = (page) => page.getByRole('dialog');
  const row = (page, text) => page.getByRole('row').filter({ hasText: text });
  const optionsOf = (scope, label) => scope.getByLabel(label).locator('option').allInnerTexts();
  const thingsOf = (server, name) => server.settings.projects.find((each) => each.name === name).things.map((each) => each.thing);
  const lies = (server, project, thing) => must(thingsOf(server, project).includes(thing), `${thing} does not lie in ${project}`);

  return {
    'A knowledge base is made in a store and a project; a store that is gone is refused': at('/knowledge', async (page, server, shot) => {
      await page.getByRole('button', { name: 'New knowledge base' }).click();
      await dialog(page).getByLabel('Name').fill('prices');
      await dialog(page).getByLabel('Store').selectOption({ label: 'east (pgvector)' });
      const offered = (await optionsOf(dialog(page), 'Store')).join();
      must(offered === 'Index of the server,chroma (Chroma),east (pgvector)', `the stores are ${offered}`);
      await shot?.('store');
      server.knowledge.stores.pop();
      await dialog(page).getByRole('button', { name: 'Create' }).click();
      await dialog(page).getByText('knowledge.store_unknown').waitFor();
      await shot?.('store-refused');
      await dialog(page).getByLabel('Store').selectOption('chroma');
      must((await optionsOf(dialog(page), 'Project')).join() === 'None,website,research', 'not every project is offered that the caller sees');
      await dialog(page).getByLabel('Project').selectOption('research');
      await dialog(page).getByRole('button', { name: 'Create' }).click();
      await page.getByRole('heading', { name: 'prices' }).waitFor();
      must(server.knowledge.bases.at(-1).store === 'chroma', 'it lies in another store');
      lies(server, 'research', 'knowledge:prices');
    }, { allowed: /401|400/ }),

    'An agent is made in a project, and one that was there before is not put into one': at('/agents', async (page, server, shot) => {
      await page.getByRole('button', { name: 'New agent' }).click();
      const text = page.getByLabel('Definition (YAML)');
      const first = await text.inputValue();
      await text.fill(`${first}\tbroken: true\n`);
      await page.getByRole('button', { name: 'Create agent' }).click();
      await page.getByRole('button', { name: /^Show line/ }).waitFor();
      await shot?.('agent-refused');
      await text.fill(first.replace('my-agent', 'reviewer').replace('My agent', 'Reviewer'));
      await page.getByLabel('Project').selectOption('research');
      await page.getByRole('button', { name: 'Create agent' }).click();
      await page.getByRole('heading', { name: 'Reviewer' }).waitFor();
      must(page.url().endsWith('/agents/reviewer'), 'the new agent is not shown');
      lies(server, 'research', 'agent:reviewer');

      await page.goto(`${server.url}/agents?new=1`);
      await text.fill(first.replace('my-agent', 'reviewer').replace('My agent', 'Another'));
      await page.getByLabel('Project').selectOption('website');
      await page.getByRole('button', { name: 'Create agent' }).click();
      await page.getByText('identity.thing_was_there').waitFor();
      must(!thingsOf(server, 'website').includes('agent:reviewer'), 'it was put into the other project');
      await page.getByRole('button', { name: 'Discard' }).click();
      await page.getByText('Another').waitFor();
      await page.getByText('reviewer v2').waitFor();
    }, { allowed: /401|400|409/ }),

    'A connection is made in a project, looked at, refreshed and removed': at('/settings/connections', async (page, server, shot) => {
      await row(page, 'https://api.githubcopilot.com/mcp/').getByText('Changed').waitFor();
      await page.getByRole('button', { name: 'New connection' }).click();
      const form = dialog(page);
      await form.getByLabel('Name').fill('The Weather');
      await form.getByLabel('Address').fill('http://weather.example.org/mcp');
      await form.getByRole('button', { name: 'Create connection' }).click();
      must(server.connections.length === 3, 'a name that cannot be was sent');
      await form.getByLabel('Name').fill('weather');
      await form.getByRole('button', { name: 'Create connection' }).click();
      await form.getByText('connections.plain_http').waitFor();
      await form.getByLabel('Address').fill('https://weather.example.org/mcp');
      await form.getByLabel('Secret').fill('weather-key');
      await form.getByLabel('Project').selectOption('website');
      await shot?.('connection');
      await form.getByRole('button', { name: 'Create connection' }).click();
      await page.getByRole('heading', { name: 'weather' }).waitFor();
      await row(page, 'weather_tool_1').waitFor();
      must(server.connections.at(-1).mcpHttp.secret === 'weather-key', 'the secret was not sent');
      lies(server, 'website', 'connection:weather');
      await page.getByRole('button', { name: 'Refresh' }).click();
      await row(page, 'weather_tool_2').waitFor();
      await shot?.('connection-made');
      await page.getByRole('button', { name: 'Actions for weather' }).click();
      await page.getByRole('menuitem', { name: 'Remove' }).click();
      await dialog(page).getByRole('button', { name: 'Remove' }).click();
      await row(page, 'github').waitFor();
      await row(page, 'weather').waitFor({ state: 'detached' });
      must(server.connections.length === 3, 'it is still there');
    }, { allowed: /401|403/ }),

    'A connection of each kind is sent as what it is, and one that does not answer says so': at('/settings/connections', async (page, server) => {
      const form = dialog(page);
      await page.getByRole('button', { name: 'New connection' }).click();
      await form.getByLabel('Name').fill('files');
      await form.getByLabel('Kind').selectOption({ label: 'MCP server in a sandbox' });
      await form.getByLabel('Command').fill('node\n/workspace/server.js');
      await form.getByLabel('Variables').fill('TOKEN=files');
      await form.getByRole('button', { name: 'Create connection' }).click();
      await page.getByRole('heading', { name: 'files' }).waitFor();
      const { mcpStdio, mcpHttp } = server.connections.at(-1);
      must(mcpStdio.command.join() === 'node,/workspace/server.js' && mcpStdio.environment.TOKEN === 'files' && mcpHttp === null, 'it is another program');

      await page.getByRole('link', { name: 'Connections' }).first().click();
      await page.getByRole('button', { name: 'New connection' }).click();
      await form.getByLabel('Name').fill('shop');
      await form.getByLabel('Kind').selectOption({ label: 'HTTP API with an OpenAPI document' });
      await form.getByLabel('Address of the document').fill('https://away.example.org/openapi.json');
      await form.getByLabel('Only these tags').fill('read');
      await form.getByRole('button', { name: 'Create connection' }).click();
      await page.getByText('The host could not be reached.').waitFor();
      await page.getByText('egress.unreachable').waitFor();
      must(server.connections.at(-1).openApi.tags.join() === 'read', 'the tag was not sent');
    }),

    'Who may write in one project only makes things there, and is offered nothing elsewhere': at('/knowledge', async (page, server, shot) => {
      server.settings.projects[0].things.push({ thing: 'connection:pets', kind: 'connection', name: 'pets', since: new Date().toISOString() });
      server.settings.projects[1].things.push(...['knowledge:support-mail', 'connection:github', 'agent:other'].map((thing) => ({
        thing, kind: thing.split(':')[0], name: thing.split(':')[1], since: new Date().toISOString(),
      })));
      const runs = [...server.state.runs.values()].filter((each) => each.status === 'waiting');
      runs[0].subject = 'other';

      await row(page, 'handbook').waitFor();
      must((await row(page, 'new-things').count()) === 0, 'a base is shown that lies in none of the projects');
      await page.getByRole('button', { name: 'New knowledge base' }).click();
      await dialog(page).getByLabel('Name').fill('prices');
      must((await optionsOf(dialog(page), 'Project')).join() === 'website', 'another project than the one is offered, or none');
      await shot?.('guest-base');
      await dialog(page).getByRole('button', { name: 'Create' }).click();
      await page.getByRole('heading', { name: 'prices' }).waitFor();
      await page.getByRole('button', { name: 'Choose files' }).waitFor();
      lies(server, 'website', 'knowledge:prices');

      const actionsOf = async (name) => {
        await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
        const offered = (await page.getByRole('menuitem').allInnerTexts()).join();
        await page.keyboard.press('Escape');
        return offered;
      };
      must((await actionsOf('prices')).includes('Delete'), 'what may be deleted is not offered so');
      await page.goto(`${server.url}/knowledge/base?name=support-mail`);
      await row(page, '2026-11.eml').waitFor();
      must((await actionsOf('support-mail')) === 'Export', 'more than to read is offered in the other project');
      must((await page.getByRole('button', { name: 'Choose files' }).count()) === 0, 'files can be chosen for it');

      await page.goto(`${server.url}/agents`);
      await page.getByText('Repository engineer').waitFor();
      must((await page.getByRole('button', { name: 'New agent' }).count()) === 0, 'agents are the tenant’s to make');
      await page.goto(`${server.url}/runs/${runs[1].id}`);
      await page.getByRole('button', { name: 'Cancel run' }).waitFor();
      await page.getByRole('button', { name: 'Approve' }).waitFor();
      const told = page.waitForResponse(/auth\/access\?resource=agent%3Aother/);
      await page.goto(`${server.url}/runs/${runs[0].id}`);
      await page.getByTestId('run-timeline').waitFor();
      must((await (await told).json()).permissions.join() === 'agents:read,runs:read', 'more is held on the other agent');
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      must((await page.getByRole('button', { name: /Cancel run|Pause|Steer|Approve/ }).count()) === 0, 'the run of another agent can be steered');

      await page.goto(`${server.url}/settings/connections/github`);
      await row(page, 'github_create_issue').waitFor();
      must((await page.getByRole('button', { name: 'Refresh' }).count()) === 0, 'it can be refreshed');
      await page.goto(`${server.url}/settings/connections/pets`);
      await page.getByRole('button', { name: 'Refresh' }).waitFor();
      await page.goto(`${server.url}/settings/connections`);
      await page.getByRole('button', { name: 'New connection' }).click();
      await dialog(page).getByLabel('Address').waitFor();
      must((await dialog(page).getByLabel('Secret').count()) === 0, 'a secret of the tenant can be named');
      must((await optionsOf(dialog(page), 'Project')).join() === 'website', 'another project than the one is offered, or none');
    }, { standing: guest({ website: 'admin', research: 'viewer' }), allowed: /401|403/ }),
  };
}
