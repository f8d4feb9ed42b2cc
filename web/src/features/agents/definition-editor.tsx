'use client';

import { PenLine } from 'lucide-react';
import { useState } from 'react';
import { useCan } from '@/api/permissions';
import type { Agent } from '@/api/types';
import { useNavigate } from '@/lib/nav';
import { Button } from '@/ui/button';
import { toast } from '@/ui/toasts';
import { YamlView } from '@/ui/yaml-view';
import { DefinitionForm } from './definition-form';

export function DefinitionEditor({ agent }: { agent: Agent }) {
  const { go } = useNavigate();
  const [isEditing, setIsEditing] = useState(false);
  const mayWrite = useCan('agents:write');
  if (isEditing)
    return (
      <DefinitionForm
        text={agent.definition}
        action="Save as a new version"
        onSaved={(version) => {
          toast('ok', version.changed ? `Saved as ${version.name} v${version.version}.` : 'Nothing changed; no new version was made.');
          setIsEditing(false);
          if (version.name !== agent.name) go(`/agents/${version.name}`);
        }}
        onClose={() => setIsEditing(false)}
      />
    );
  return (
    <YamlView
      text={agent.definition}
      label={`Definition of ${agent.name}`}
      caption={`${agent.name}.yaml`}
      actions={
        mayWrite && (
          <Button tone="quiet" className="h-7" icon={<PenLine aria-hidden size={13} />} onClick={() => setIsEditing(true)}>
            Edit
          </Button>
        )
      }
    />
  );
}
