import type { Metadata } from 'next';
import { Project } from '@/features/settings/projects/project';

export const metadata: Metadata = { title: 'Project' };

/** One exported file serves every project; the name is read from the address. */
export const generateStaticParams = () => [{ name: '_' }];

export default function ProjectPage() {
  return <Project />;
}
