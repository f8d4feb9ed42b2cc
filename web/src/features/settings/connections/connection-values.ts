import type { Connection, NewConnection } from '@/api/types';

export const connectionKinds = {
  'mcp-http': 'MCP server over HTTP',
  'mcp-stdio': 'MCP server in a sandbox',
  openapi: 'HTTP API with an OpenAPI document',
} as const;

export type ConnectionKind = keyof typeof connectionKinds;

/** What is filled in, of all kinds; lists are one to a line. */
export interface ConnectionValues {
  name: string;
  kind: ConnectionKind;
  url: string;
  command: string;
  files: string;
  environment: string;
  document: string;
  server: string;
  tags: string;
  operations: string;
  secret: string;
  allowSampling: boolean;
}

export const noValues: ConnectionValues = {
  name: '', kind: 'mcp-http', url: '', command: '', files: '', environment: '', document: '', server: '', tags: '', operations: '',
  secret: '', allowSampling: false,
};

const linesOf = (text: string) => text.split('\n').map((line) => line.trim()).filter(Boolean);
const orNull = (text: string) => text.trim() || null;
const listOrNull = (text: string) => (linesOf(text).length > 0 ? linesOf(text) : null);

/** Variables and the names of their secrets, as VARIABLE=secret; one without a = has no secret, which the server refuses. */
function environmentOf(text: string): Record<string, string> | null {
  const lines = linesOf(text);
  if (lines.length === 0) return null;
  return Object.fromEntries(lines.map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  }));
}

/** What is sent: the one kind that was chosen, and what was filled in for it. */
export function connectionOf(values: ConnectionValues): NewConnection {
  const name = values.name.trim();
  const { allowSampling } = values;
  const secret = orNull(values.secret);
  switch (values.kind) {
    case 'mcp-http':
      return { name, mcpHttp: { url: values.url.trim(), secret, allowSampling } };
    case 'mcp-stdio':
      return {
        name,
        mcpStdio: {
          command: linesOf(values.command), files: orNull(values.files), environment: environmentOf(values.environment), allowSampling,
        },
      };
    case 'openapi':
      return {
        name,
        openApi: {
          document: orNull(values.document), url: orNull(values.url), server: orNull(values.server), secret,
          tags: listOrNull(values.tags), operations: listOrNull(values.operations),
        },
      };
  }
}

/** Where a connection leads, in one line. */
export function placeOf({ mcpHttp, mcpStdio, openApi }: Pick<Connection, 'mcpHttp' | 'mcpStdio' | 'openApi'>): string {
  if (mcpHttp) return mcpHttp.url ?? '';
  if (mcpStdio) return (mcpStdio.command ?? []).join(' ');
  return openApi?.server ?? openApi?.url ?? 'as its document says';
}

/** The secrets that a connection uses, by name. */
export const secretsOf = ({ mcpHttp, mcpStdio, openApi }: Pick<Connection, 'mcpHttp' | 'mcpStdio' | 'openApi'>): string[] =>
  [mcpHttp?.secret, openApi?.secret, ...Object.values(mcpStdio?.environment ?? {})].filter((name) => name != null);
