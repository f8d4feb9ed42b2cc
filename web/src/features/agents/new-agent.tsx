'use client';

import { ProjectField, useProjectChoice } from '@/features/project-field';
import { useNavigate } from '@/lib/nav';
import { useTitle } from '@/lib/title';
import { PageHead } from '@/ui/panel';
import { toast } from '@/ui/toasts';
import { DefinitionForm } from './definition-form';
import { firstDefinition } from './first-definition';

export function NewAgent({ onClose }: { onClose: () => void }) {
  const { go } = useNavigate();
  const choice = useProjectChoice('agents:write');
  useTitle('New agent');
  return (
    <>
      <PageHead
        title="New agent"
        lead="What it is told, which model it uses, what it may do, and where it stops. A name that is taken gets a new version."
      />
      <DefinitionForm
        text={firstDefinition}
        action="Create agent"
        project={choice.project}
        onSaved={({ name, version, changed }) => {
          toast('ok', changed && version === 1 ? `${name} is there.` : `${name} was there before. Its newest version is ${version}.`);
          go(`/agents/${name}`);
        }}
        onClose={onClose}
      >
        <div className="sm:max-w-80"><ProjectField choice={choice} /></div>
      </DefinitionForm>
    </>
  );
}
