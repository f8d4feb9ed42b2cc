// A run that waits in the middle of a call: a connection's server asks a person something, with every kind of field.
import { append, createRun, id } from './state.mjs';

const field = (name, kind, more = {}) => ({ name, kind, isRequired: false, choices: [], ...more });
const choice = (value, title) => ({ value, title });

const question = {
  from: 'hotel',
  message: 'For whom shall I book the room in Ulm, and how?\nThe price holds for ten minutes.',
  fields: [
    field('name', 'text', { title: 'Name', isRequired: true, lengthMin: 2, lengthMax: 80 }),
    field('mail', 'text', { title: 'E-mail', format: 'email', description: 'The confirmation goes there.' }),
    field('nights', 'whole', { title: 'Nights', isRequired: true, default: 2, minimum: 1, maximum: 30 }),
    field('bed', 'choice', { title: 'Bed', isRequired: true, choices: [choice('twin', 'Two single beds'), choice('double', 'One double bed')] }),
    field('extras', 'choices', { title: 'Extras', choices: [choice('breakfast', 'Breakfast'), choice('bike', 'Place for a bicycle')] }),
    field('late', 'boolean', { title: 'Arrives after 20:00' }),
  ],
};

/** Adds the run; its question is open for half an hour. */
export function addQuestion(state) {
  const run = createRun(state, { input: 'book a room in Ulm', workspaceId: null });
  const step = { step: 'tool-1', occurrence: 1 };
  const call = { tool: 'hotel_book', callId: 'c1', arguments: { city: 'Ulm' } };
  append(run, 'run.claimed', { node: 'node-1', epoch: 1 });
  append(run, 'step.started', { ...step, key: id('key'), effect: 'tool.call', repeat: 'unsafe', input: call });
  append(run, 'approval.requested', {
    ...step, approvalId: id('apr'), tool: call.tool, title: 'hotel asks: For whom shall I book the room in Ulm, and how?',
    arguments: call.arguments, argumentsHash: 'sha256:77c0', preview: null, expiresAt: new Date(Date.now() + 1_800_000).toISOString(),
    why: 'The MCP server of the connection hotel (mcp.hotel.example) asks this in the middle of the call and gets your answer. Give it no password, key or token',
    question,
  });
}

/** What a decision says of a question; nothing where there is none. */
export const answerOf = (approval, { approve, dismiss, content }) =>
  approval.question ? { answer: { action: approve ? 'accept' : dismiss ? 'cancel' : 'decline', content: content ?? null } } : {};
