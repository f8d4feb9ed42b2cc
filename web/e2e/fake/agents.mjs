// Agents: the one of the memory, and those that are applied beside it.
import { agentOf, id } from './state.mjs';

const page = (items) => ({ items, nextCursor: null });

export function agentRoutes(state, access, refuse) {
  const views = () => [agentOf(state), ...state.others.map((versions) => viewOf(versions[0]))];
  const versionsOf = (name) =>
    name === 'repo-engineer' ? state.versions : state.others.find((versions) => versions[0].name === name);
  return [
    ['GET', /^\/agents$/, () => page(views().filter(access.sees('agents:read', 'agent')))],
    ['PUT', /^\/agents$/, ({ text, query, response }) => {
      access.needToMake('agents:write', query);
      return apply(text, query, response);
    }],
    ['GET', /^\/agents\/([^/]+)$/, ({ parts: [name] }) => {
      access.need('agents:read', `agent:${name}`);
      const found = views().find((each) => each.name === name);
      if (!found) throw refuse(404, 'agents.not_found', `There is no agent named ${name}.`);
      return found;
    }],
    ['GET', /^\/agents\/([^/]+)\/versions$/, ({ parts: [name] }) => page(versionsOf(name))],
  ];

  function apply(text, query, response) {
    const bad = text.split('\n').findIndex((line) => line.includes('\t'));
    if (bad >= 0) throw refuse(400, 'agents.malformed_yaml', 'A tab cannot indent YAML. Use spaces.', { line: bad + 1, column: text.split('\n')[bad].indexOf('\t') + 1 });
    if (/stepsMax: 0/.test(text)) throw refuse(400, 'agents.invalid_definition', 'The definition is not valid.', { errors: { 'limits.stepsMax': ['Must be between 1 and 1000.'] } });
    const name = /^name: *(\S+)/m.exec(text)?.[1];
    if (!name) throw refuse(400, 'agents.invalid_definition', 'The definition is not valid.', { errors: { name: ['Is missing.'] } });
    const present = versionsOf(name);
    const newest = present?.[0];
    if (newest?.definition === text) return { ...newest, changed: false };
    const next = {
      agentId: newest?.agentId ?? id('agt'), name, version: (newest?.version ?? 0) + 1, definition: text, createdAt: new Date().toISOString(),
      createdBy: 'Ada Example', digest: `sha256:${id('x').slice(2)}`, changed: true,
    };
    if (present) present.unshift(next);
    else state.others.push([next]);
    if (present && query.get('project')) {
      const project = query.get('project');
      throw refuse(409, 'identity.thing_was_there', `agent:${name} was there before, so what you sent was done, and it was not put into the project '${project}'.`);
    }
    access.put(query, `agent:${name}`);
    response.statusCode = 201;
    return next;
  }
}

function viewOf({ agentId, name, version, definition, createdAt }) {
  const field = (key) => new RegExp(`^${key}: *(.*)$`, 'm').exec(definition)?.[1] ?? '';
  return {
    id: agentId, name, title: field('title'), description: field('description'), version, model: field('model'),
    tools: [...definition.matchAll(/^ {2}- (\w+)$/gm)].map(([, tool]) => tool), updatedAt: createdAt, definition, instructions: '',
    limits: { stepsMax: 50, wallTimeMaxSeconds: 900, tokensMax: 200_000, costMaxMicroUsd: 500_000 },
  };
}
