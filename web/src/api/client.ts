import { errorFromNetwork, errorFromResponse } from './errors';
import { notSignedIn, session } from './session';

const base = '/api/v1';

export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

export interface CallOptions {
  query?: Query;
  /** Sent as JSON, unless `text` is given. */
  body?: unknown;
  text?: { content: string; type: string };
  /** Sent as it is, instead of the body. */
  file?: Blob;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Calls that work before sign-in carry no token. */
  anonymous?: boolean;
}

export function apiUrl(path: string, query?: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (Array.isArray(value)) for (const each of value) parameters.append(name, each);
    else if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value));
  const tail = parameters.size > 0 ? `?${parameters}` : '';
  return `${base}${path}${tail}`;
}

/** One call: adds the token, renews it once when the server refuses it, and throws `ApiError` on any refusal. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const response = await accepted(method, path, options);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** A file that the server makes. A link could not carry the token. */
export const fetchFile = async (path: string, accept: string, query?: Query, signal?: AbortSignal): Promise<Blob> =>
  (await accepted('GET', path, { query, headers: { Accept: accept }, signal })).blob();

async function accepted(method: string, path: string, options: CallOptions): Promise<Response> {
  const response = await send(method, path, options);
  if (!response.ok) throw await errorFromResponse(response);
  return response;
}

async function send(method: string, path: string, options: CallOptions): Promise<Response> {
  const attempt = (token: string | null) => {
    const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
    let body: string | Blob | undefined;
    if (options.file) {
      headers['Content-Type'] = options.file.type || 'application/octet-stream';
      body = options.file;
    } else if (options.text) {
      headers['Content-Type'] = options.text.type;
      body = options.text.content;
    } else if (options.body !== undefined) {
      headers['Content-Type'] = 'application/json';
      body = JSON.stringify(options.body);
    }
    if (token !== null) headers.Authorization = `Bearer ${token}`;
    return fetch(apiUrl(path, options.query), { method, headers, body, signal: options.signal }).catch((cause) => {
      throw errorFromNetwork(cause);
    });
  };

  if (options.anonymous) return attempt(null);
  const token = await session.token();
  if (token === null) throw notSignedIn();
  const response = await attempt(token);
  if (response.status !== 401 || !(await isAboutToken(response))) return response;
  const renewed = await session.refresh();
  return renewed === null ? response : attempt(renewed);
}

const tokenCodes = ['identity.bad_token', 'identity.not_signed_in', 'identity.session_ended'];

/** Whether the token was refused, and not a password or a code: those are tried once, since wrong tries are counted. */
async function isAboutToken(response: Response): Promise<boolean> {
  const problem = (await response.clone().json().catch(() => null)) as { code?: string } | null;
  return !problem?.code || tokenCodes.includes(problem.code);
}

export const segment = (value: string) => encodeURIComponent(value);
