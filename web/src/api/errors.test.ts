import { describe, expect, it } from 'vitest';
import { ApiError, errorFromNetwork, errorFromResponse, fieldProblems, messageOf, positionOf } from './errors';

const problem = (status: number, body: unknown, headers?: HeadersInit) => errorFromResponse(Response.json(body, { status, headers }));

describe('errors', () => {
  it('takes code, message and trace from problem details', async () => {
    const error = await problem(409, { title: 'Conflict', detail: 'Decided already.', code: 'runs.approval_already_decided', traceId: 'abc' });
    expect(error).toMatchObject({ status: 409, code: 'runs.approval_already_decided', message: 'Decided already.', traceId: 'abc' });
  });

  it('keeps the extra members: line and column, and problems by path', async () => {
    const error = await problem(400, { detail: 'Bad', code: 'agents.malformed_yaml', line: 3, column: 7, errors: { 'tools[0]': ['No such tool.', 'Twice.'] } });
    expect(positionOf(error)).toEqual({ line: 3, column: 7 });
    expect(fieldProblems(error)).toEqual([{ path: 'tools[0]', message: 'No such tool.' }, { path: 'tools[0]', message: 'Twice.' }]);
  });

  it('says something useful when a proxy answers with a page', async () => {
    const error = await errorFromResponse(new Response('<html>Bad gateway</html>', { status: 502 }));
    expect(error).toMatchObject({ code: 'http.502', isTransient: true });
    expect(error.message).not.toContain('<');
  });

  it('says how long to wait', async () => {
    const error = await problem(429, { detail: 'Too many attempts.', code: 'identity.throttled' }, { 'Retry-After': '30' });
    expect(messageOf(error)).toBe('Too many attempts. (try again in 30 s)');
  });

  it('turns a broken connection into a fault and lets an abort through', () => {
    expect(errorFromNetwork(new TypeError('failed'))).toMatchObject({ status: 0, isTransient: true });
    const abort = new DOMException('stop', 'AbortError');
    expect(errorFromNetwork(abort)).toBe(abort);
  });

  it('has no position where the server gave none', () => {
    expect(positionOf(new ApiError({ status: 400, code: 'x', message: 'y' }))).toBeNull();
    expect(fieldProblems(new Error('x'))).toEqual([]);
  });
});
