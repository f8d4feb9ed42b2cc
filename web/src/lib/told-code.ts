/** Six digits come from an authenticator; anything else is meant as a recovery code. */
export function toldCode(text: string): { code: string } | { recoveryCode: string } {
  const bare = text.replace(/\s/g, '');
  return /^\d{6}$/.test(bare) ? { code: bare } : { recoveryCode: text.trim() };
}
