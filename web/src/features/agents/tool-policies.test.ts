import { expect, it } from 'vitest';
import { toolPolicies } from './tool-policies';

const read = (tools: string) => Object.fromEntries(toolPolicies(`name: a\ntools:\n${tools}\nlimits:\n  policy: nothing\n`));

it('reads policies of items written on several lines', () => {
  expect(read('  - name: read_file\n  - name: git_commit\n    policy: approval  # ask')).toEqual({ git_commit: 'approval' });
});
it('reads flow items and plain mappings', () => {
  expect(read('  - { name: shell, policy: allow }\n  - git_commit: approval')).toEqual({ shell: 'allow', git_commit: 'approval' });
});
it('reads a mapping of tools', () => {
  expect(read('  read_file: allow\n  git_commit:\n    approval: always')).toEqual({ read_file: 'allow', git_commit: 'always' });
});
it('says nothing of a plain list', () => {
  expect(read('  - read_file\n  - shell')).toEqual({});
});
