import { expect, it } from 'vitest';
import { settingsPlaceAt, settingsPlaces } from './settings-places';

it.each([
  ['/settings', '/settings/profile'],
  ['/settings/roles', '/settings/roles'],
  ['/settings/roles/release-manager', '/settings/roles'],
  ['/settings/rolesque', '/settings/profile'],
])('%s belongs to %s', (pathname, href) => expect(settingsPlaceAt(pathname).href).toBe(href));

it('has one page to an address', () => {
  expect(new Set(settingsPlaces.map((place) => place.href)).size).toBe(settingsPlaces.length);
});
