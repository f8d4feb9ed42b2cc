import { describe, expect, it } from 'vitest';
import { toldCode } from './told-code';

describe('a code that somebody typed', () => {
  it('comes from an authenticator if it is six digits, blanks or not', () => {
    expect(toldCode('123456')).toEqual({ code: '123456' });
    expect(toldCode(' 123 456 ')).toEqual({ code: '123456' });
  });

  it('is a recovery code otherwise', () => {
    expect(toldCode(' k7m2qx-a1b2c3-d4e5f6-g7h8j9 ')).toEqual({ recoveryCode: 'k7m2qx-a1b2c3-d4e5f6-g7h8j9' });
    expect(toldCode('12345')).toEqual({ recoveryCode: '12345' });
  });
});
