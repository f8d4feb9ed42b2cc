import { Bot, CircleCheckBig, LayoutDashboard, LibraryBig, ListTree, Settings, type LucideIcon } from 'lucide-react';

export interface Place {
  href: string;
  title: string;
  icon: LucideIcon;
  /** Pressed after G. */
  key: string;
}

/** The places of the application: sidebar, bottom tabs, palette, shortcuts and help are all made from this. */
export const places: Place[] = [
  { href: '/', title: 'Overview', icon: LayoutDashboard, key: 'o' },
  { href: '/agents', title: 'Agents', icon: Bot, key: 'a' },
  { href: '/knowledge', title: 'Knowledge', icon: LibraryBig, key: 'k' },
  { href: '/runs', title: 'Runs', icon: ListTree, key: 'r' },
  { href: '/approvals', title: 'Approvals', icon: CircleCheckBig, key: 'p' },
  { href: '/settings', title: 'Settings', icon: Settings, key: 's' },
];

export const isHere = (place: Place, pathname: string) =>
  place.href === '/' ? pathname === '/' : pathname === place.href || pathname.startsWith(`${place.href}/`);
