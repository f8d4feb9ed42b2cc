import { describe, expect, it } from 'vitest';
import { connectionOf, noValues, placeOf, secretsOf } from './connection-values';

const none = { mcpHttp: null, mcpStdio: null, openApi: null };

describe('what is filled in for a connection', () => {
  it('is sent as the one kind that was chosen, whatever else was written', () => {
    const values = { ...noValues, name: ' github ', url: ' https://mcp.example/mcp ', command: 'node', document: 'openapi: 3.1.0', secret: 'github' };
    expect(connectionOf(values)).toEqual({ name: 'github', mcpHttp: { url: 'https://mcp.example/mcp', secret: 'github', allowSampling: false } });
    expect(connectionOf({ ...noValues, name: 'notes', kind: 'mcp-http', url: 'https://a.example' }).mcpHttp?.secret).toBeNull();
  });

  it('has a part of a command on each line, and a variable with its secret', () => {
    const values = {
      ...noValues, name: 'notes', kind: 'mcp-stdio' as const, command: 'node\n\n /workspace/my server.js \n', files: 'notes',
      environment: 'TOKEN = notes-token\nBARE\n', allowSampling: true,
    };
    expect(connectionOf(values)).toEqual({
      name: 'notes',
      mcpStdio: {
        command: ['node', '/workspace/my server.js'], files: 'notes', environment: { TOKEN: 'notes-token', BARE: '' }, allowSampling: true,
      },
    });
    expect(connectionOf({ ...values, environment: ' \n' }).mcpStdio?.environment).toBeNull();
  });

  it('leaves out what is empty, so that the document decides', () => {
    expect(connectionOf({ ...noValues, name: 'pets', kind: 'openapi', url: 'https://pets.example/openapi.json', tags: 'read\nwrite' })).toEqual({
      name: 'pets',
      openApi: { document: null, url: 'https://pets.example/openapi.json', server: null, secret: null, tags: ['read', 'write'], operations: null },
    });
  });
});

describe('a connection in words', () => {
  it('says where it leads', () => {
    expect(placeOf({ ...none, mcpHttp: { url: 'https://mcp.example', allowSampling: false } })).toBe('https://mcp.example');
    expect(placeOf({ ...none, mcpStdio: { command: ['node', 'a.js'], allowSampling: false } })).toBe('node a.js');
    expect(placeOf({ ...none, openApi: { url: 'https://pets.example/openapi.json', server: 'https://api.pets.example' } })).toBe('https://api.pets.example');
    expect(placeOf({ ...none, openApi: {} })).toBe('as its document says');
  });

  it('names the secrets that it uses', () => {
    expect(secretsOf({ ...none, mcpStdio: { command: ['x'], environment: { A: 'one', B: 'two' }, allowSampling: false } })).toEqual(['one', 'two']);
    expect(secretsOf({ ...none, openApi: { secret: 'pets' } })).toEqual(['pets']);
    expect(secretsOf(none)).toEqual([]);
  });
});
