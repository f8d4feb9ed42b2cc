import { describe, expect, it } from 'vitest';
import { ssoAnswerOf } from './sso-answer';

describe('the answer of an identity provider', () => {
  it('is read from behind the #', () => {
    expect(ssoAnswerOf('#sso=done')).toEqual({ what: 'done' });
    expect(ssoAnswerOf('#challenge=cdc_x')).toEqual({ what: 'challenge', challenge: 'cdc_x' });
    expect(ssoAnswerOf('')).toBeNull();
    expect(ssoAnswerOf('#token=x')).toBeNull();
  });

  it('shows no words of whoever made the link', () => {
    const answer = ssoAnswerOf('#sso_error=Call%20this%20number');
    expect(answer).toMatchObject({ what: 'refused', error: { code: 'identity.sso_failed' } });
    expect(JSON.stringify(answer)).not.toContain('number');
  });

  it('finds no words in what every object has', () => {
    for (const code of ['constructor', '__proto__', 'valueOf'])
      expect(ssoAnswerOf(`#sso_error=${code}`)).toMatchObject({ error: { message: expect.stringContaining('Try again') } });
  });

  it('says what to do about a known code', () => {
    expect(ssoAnswerOf('#sso_error=identity.sso_no_role')).toMatchObject({ error: { code: 'identity.sso_no_role' } });
  });
});
