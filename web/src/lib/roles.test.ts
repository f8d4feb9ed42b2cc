import { expect, it } from 'vitest';
import { rolesToGive } from './roles';

const role = (name: string, ...permissions: string[]) => ({ name, permissions });
const roles = [role('owner', 'a', 'b', 'c'), role('admin', 'a', 'b'), role('viewer', 'a'), role('clerk', 'a', 'c'), role('idle')];
const given = (own: string) => rolesToGive(roles, own).map((each) => each.name);

it('lets an owner give every role', () => expect(given('owner')).toHaveLength(5));
it('keeps back what may do more, and owners', () => expect(given('admin')).toEqual(['admin', 'viewer', 'idle']));
it('gives nothing but roles without permissions to whom it does not know', () => expect(given('stranger')).toEqual(['idle']));
