import { useSubjects } from '../parts/subjects';

/** Somebody by name where the tenant still knows it, and otherwise by id. */
export function Person({ id }: { id: string }) {
  const known = useSubjects().find((subject) => subject.id === id);
  return known ? <span className="font-medium">{known.label}</span> : <span className="num inline-block text-12 break-all max-md:max-w-[24ch]">{id}</span>;
}
