import type { Metadata } from 'next';
import { Projects } from '@/features/settings/projects/projects';

export const metadata: Metadata = { title: 'Projects' };

export default function ProjectsPage() {
  return <Projects />;
}
