'use client';

import { useState } from 'react';
import { useCan } from '@/api/permissions';
import { Button } from '@/ui/button';
import { SettingsPage } from '../parts/settings-page';
import { Holds } from './holds';
import { ErasePerson, ExportPerson } from './request-dialogs';
import { Erasures, Exports } from './requests';
import { Retention } from './retention';
import { SemanticCache } from './semantic-cache';

/** What people can ask of the data about them, and what keeps it from being erased or makes it go by itself. */
export function Privacy() {
  const mayExport = useCan('privacy:export');
  const mayErase = useCan('privacy:erase');
  const [asked, setAsked] = useState<'export' | 'erase' | null>(null);
  const close = () => setAsked(null);
  return (
    <SettingsPage
      actions={
        <>
          {mayErase && <Button tone="danger" onClick={() => setAsked('erase')}>Erase somebody</Button>}
          {mayExport && <Button tone="primary" onClick={() => setAsked('export')}>Export somebody’s data</Button>}
        </>
      }
    >
      <Exports />
      <Erasures />
      <Holds />
      <Retention />
      <SemanticCache />
      {asked === 'export' && <ExportPerson onClose={close} />}
      {asked === 'erase' && <ErasePerson onClose={close} />}
    </SettingsPage>
  );
}
