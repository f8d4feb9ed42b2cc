'use client';

import { SettingsPage } from '../parts/settings-page';
import { Grants } from './grants';
import { Review } from './review';
import { WhoCan } from './who-can';

export function Access() {
  return (
    <SettingsPage>
      <WhoCan />
      <Grants />
      <Review />
    </SettingsPage>
  );
}
