import { expect, it } from 'vitest';
import { permissionGroups, resourceTitle } from './permissions';

it('puts permissions together by resource, wherever they stand', () => {
  expect(permissionGroups(['runs:read', 'agents:read', 'runs:start'])).toEqual([
    { resource: 'runs', actions: ['read', 'start'] },
    { resource: 'agents', actions: ['read'] },
  ]);
});

it.each([['api_keys', 'API keys'], ['service_accounts', 'Service accounts'], ['runs', 'Runs']])('calls %s %s', (resource, title) => {
  expect(resourceTitle(resource)).toBe(title);
});
