import { useId } from 'react';
import { TextField } from '@/ui/field';
import { useSubjects } from '../parts/subjects';

/** Whom it is about, by id: who has left can be asked for too, and is on no list. */
export function PersonField({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const subjects = useSubjects();
  const names = useId();
  const known = subjects.find((subject) => subject.id === value);
  return (
    <>
      <TextField
        label="Person"
        required
        autoComplete="off"
        pattern="usr_[0-9a-f]{32}"
        className="num"
        list={names}
        value={value}
        hint={known ? known.label : 'Choose a member, or give the id of somebody who has left.'}
        onChange={(event) => onChange(event.target.value.trim())}
      />
      <datalist id={names}>{subjects.map(({ id, label }) => <option key={id} value={id}>{label}</option>)}</datalist>
    </>
  );
}
