/** Every failure of a call, whatever its origin: the server's problem details, or a connection that broke. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly traceId: string | null;
  readonly retryAfterSeconds: number | null;
  /** Extra members of the problem, such as `line`, `column` and `errors`. */
  readonly details: Record<string, unknown>;

  constructor(init: {
    status: number;
    code: string;
    message: string;
    traceId?: string | null;
    retryAfterSeconds?: number | null;
    details?: Record<string, unknown>;
  }) {
    super(init.message);
    this.name = 'ApiError';
    this.status = init.status;
    this.code = init.code;
    this.traceId = init.traceId ?? null;
    this.retryAfterSeconds = init.retryAfterSeconds ?? null;
    this.details = init.details ?? {};
  }

  /** Worth trying again by itself: the connection, the gateway or an overload, never a refusal. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | null => (typeof value === 'string' && value.length > 0 ? value : null);

const fallbackMessages: Record<number, string> = {
  401: 'You are not signed in.',
  403: 'Your role does not allow this.',
  404: 'There is nothing here, or it is not yours to see.',
  413: 'This is larger than the server accepts.',
  429: 'Too many requests. Wait a moment, then try again.',
};

/** Turns a refused response into an `ApiError`. A body that is not problem details still gives a useful one. */
export async function errorFromResponse(response: Response): Promise<ApiError> {
  const body = await response.text().catch(() => '');
  let problem: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(body);
    if (isRecord(parsed)) problem = parsed;
  } catch {
    // Not JSON: a proxy in between answered. The status says enough.
  }
  const { type: _type, title, detail, status: _status, code, traceId, instance: _instance, ...details } = problem;
  const message =
    text(detail) ??
    text(title) ??
    fallbackMessages[response.status] ??
    `The server answered ${response.status} without an explanation. Its log has more.`;
  return new ApiError({
    status: response.status,
    code: text(code) ?? `http.${response.status}`,
    message,
    traceId: text(traceId),
    retryAfterSeconds: retryAfter(response.headers.get('Retry-After')),
    details,
  });
}

function retryAfter(header: string | null): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}

/** A fetch that never reached the server. Aborts pass through as they are. */
export function errorFromNetwork(cause: unknown): unknown {
  if (cause instanceof DOMException && cause.name === 'AbortError') return cause;
  if (cause instanceof ApiError) return cause;
  return new ApiError({
    status: 0,
    code: 'network.unreachable',
    message: 'CodexOS cannot be reached. Is it still running? This page tries again by itself.',
  });
}

/** One sentence for a toast or an alert, whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError) {
    const wait = error.retryAfterSeconds;
    return wait === null ? error.message : `${error.message} (try again in ${wait} s)`;
  }
  return error instanceof Error ? error.message : 'Something went wrong.';
}

export interface FieldProblem {
  path: string;
  message: string;
}

/** The `errors: { path: [messages] }` member, flattened in the order the server gave. */
export function fieldProblems(error: unknown): FieldProblem[] {
  if (!(error instanceof ApiError) || !isRecord(error.details.errors)) return [];
  return Object.entries(error.details.errors).flatMap(([path, messages]) =>
    (Array.isArray(messages) ? messages : [messages]).map((message) => ({ path, message: String(message) })),
  );
}

/** Where in a text the server found the mistake; both count from 1. */
export function positionOf(error: unknown): { line: number; column: number } | null {
  if (!(error instanceof ApiError)) return null;
  const { line, column } = error.details;
  return typeof line === 'number' ? { line, column: typeof column === 'number' ? column : 1 } : null;
}
