// Sources of tools. One whose address has "away" in it does not answer; one that is asked again has a tool more.
import { id } from './state.mjs';

const hour = 3_600_000;
const at = (ago) => new Date(Date.now() - ago).toISOString();

const tool = (name, description, effect, more = {}) => ({
  name, given: name, description, inputSchema: {}, effect, repeat: effect === 'read' ? 'read' : 'unsafe', asks: effect !== 'read', source: 'web',
  disabled: false, hints: null, notes: [], definitionHash: id('x').slice(2), ...more,
});
const connection = (name, settings, offered, more = {}) => {
  const kind = { mcpHttp: 'mcp-http', mcpStdio: 'mcp-stdio', openApi: 'openapi' }[Object.keys(settings)[0]];
  return {
    id: id('con'), name, kind, mcpHttp: null, mcpStdio: null, openApi: null, ...settings, tools: {}, state: 'ready', fault: null, server: null, offered,
    skipped: [], revision: 1, createdAt: at(80 * hour), createdBy: 'usr_0198a1b2c3d47e5f8a9b0c1d2e3f4a5b', changedAt: at(80 * hour), refreshedAt: at(2 * hour), ...more,
  };
};
const told = ({ offered, ...shown }) => ({ ...shown, toolsCount: offered.length });

export const createConnections = (empty) => (empty ? [] : [
  connection('github', { mcpHttp: { url: 'https://api.githubcopilot.com/mcp/', secret: 'github', allowSampling: false } }, [
    tool('github_search_code', 'Finds code in all repositories that the token sees.', 'read', { asks: false }),
    tool('github_create_issue', 'Opens an issue in a repository.', 'irreversible'),
    tool('github_delete_repo', 'Deletes a repository for good.', 'irreversible', { disabled: true }),
  ], {
    state: 'changed', server: { name: 'github-mcp-server', version: '1.4.0', protocol: '2026-07-28', address: null, instructions: null },
    skipped: [{ name: 'github_diagramm_ändern', reason: 'its name is not plain ASCII' }],
  }),
  connection('notes', { mcpStdio: { command: ['node', '/workspace/server.js'], files: 'notes', environment: { NOTES_TOKEN: 'notes' }, allowSampling: false } }, [], {
    state: 'failed', refreshedAt: null, fault: { code: 'mcp.ended', message: 'The program ended before it answered. Its last words were: cannot find module.' },
  }),
  connection('pets', { openApi: { document: null, url: 'https://pets.example.org/openapi.json', server: null, secret: null, tags: null, operations: null } }, [
    tool('pets_list_pets', 'Gives the pets, a page at a time.', 'read', { asks: false }),
  ]),
]);

export function connectionRoutes(db, access, refuse) {
  const find = (name, permission) => {
    access.need(permission, `connection:${name}`);
    const found = db.find((each) => each.name === name);
    if (!found) throw refuse(404, 'connections.not_found', `There is no connection '${name}'.`);
    return found;
  };
  const page = (items) => ({ items, nextCursor: null });
  const ask = (asked) => {
    const fault = { code: 'egress.unreachable', message: 'The host could not be reached.' };
    if (/away/.test(JSON.stringify(asked))) return Object.assign(asked, { state: 'failed', fault });
    asked.offered.push(tool(`${asked.name}_tool_${asked.offered.length + 1}`, 'Does what its source says it does.', 'irreversible'));
    return Object.assign(asked, { state: 'ready', fault: null, refreshedAt: at(0) });
  };
  const one = '/connections/([^/]+)';
  const route = (method, path, handle) => [method, new RegExp(`^${path}$`), handle];
  return [
    route('GET', '/connections', () => page(db.filter(access.sees('connections:read', 'connection')).map(told))),
    route('POST', '/connections', ({ body: { name, ...settings }, query, response }) => {
      access.needToMake('connections:write', query);
      if (db.some((each) => each.name === name)) throw refuse(409, 'connections.exists', `There is a connection '${name}' already.`);
      if (settings.mcpHttp?.url.startsWith('http:'))
        throw refuse(403, 'connections.plain_http', 'The address begins with http://, so that everyone on the way could read and change what is sent. Use https://.');
      db.push(ask(connection(name, settings, [], { createdAt: at(0), changedAt: at(0), refreshedAt: null })));
      access.put(query, `connection:${name}`);
      response.statusCode = 201;
      return told(db.at(-1));
    }),
    route('GET', one, ({ parts: [name] }) => told(find(name, 'connections:read'))),
    route('GET', `${one}/tools`, ({ parts: [name] }) => page(find(name, 'connections:read').offered)),
    route('POST', `${one}/refresh`, ({ parts: [name] }) => told(ask(find(name, 'connections:write')))),
    route('DELETE', one, ({ parts: [name], response }) => {
      db.splice(db.indexOf(find(name, 'connections:write')), 1);
      response.statusCode = 204;
    }),
  ];
}
