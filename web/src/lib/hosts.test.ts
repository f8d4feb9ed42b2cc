import { expect, it } from 'vitest';
import { hostsOf } from './hosts';

it.each([
  ['', []],
  [' api.example.com ', ['api.example.com']],
  ['a.example, *.b.example\nc.example  a.example', ['a.example', '*.b.example', 'c.example']],
])('%j', (text, hosts) => expect(hostsOf(text)).toEqual(hosts));
