// What the definition says about each tool, read from the few ways YAML can write a list of tools. It only
// decorates the list the server gives; a line this reader does not know leaves that tool without a word.

const nameKeys = ['name', 'tool', 'id'];
const policyKeys = ['policy', 'approval', 'allow', 'require'];

export function toolPolicies(definition: string): Map<string, string> {
  const policies = new Map<string, string>();
  let current: string | null = null;
  for (const line of toolsBlock(definition)) {
    const item = /^\s*-\s*(.*)$/.exec(line);
    const text = (item?.[1] ?? line).trim();
    if (item) current = null;
    const pairs = text.startsWith('{') ? flowPairs(text) : [pairOf(text)];
    for (const pair of pairs) {
      if (pair === null) continue;
      const [key, value] = pair;
      if (nameKeys.includes(key)) current = value;
      else if (policyKeys.includes(key) && current !== null && value !== '') policies.set(current, value);
      else if (!item && value === '') current = key; // `git_commit:` with its policy on the next lines
      else if (/^\w+$/.test(key) && ['allow', 'ask', 'approval', 'deny'].includes(value)) policies.set(key, value);
    }
  }
  return policies;
}

function toolsBlock(definition: string): string[] {
  const lines = definition.split('\n');
  const start = lines.findIndex((line) => /^tools:\s*(#.*)?$/.test(line));
  if (start < 0) return [];
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^[^\s#-]/.test(line));
  return (end < 0 ? rest : rest.slice(0, end)).filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));
}

const flowPairs = (text: string) => text.replace(/^\{|\}.*$/g, '').split(',').map((part) => pairOf(part.trim()));

function pairOf(text: string): [string, string] | null {
  const match = /^["']?([\w.-]+)["']?\s*:\s*(.*)$/.exec(text);
  if (!match) return null;
  const value = (match[2] ?? '').replace(/\s+#.*$/, '').replace(/^["']|["']$/g, '').trim();
  return [match[1] ?? '', value];
}
