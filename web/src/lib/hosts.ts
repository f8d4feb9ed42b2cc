/** Host names as somebody wrote them: by commas, spaces or lines. */
export const hostsOf = (text: string): string[] => [...new Set(text.split(/[\s,]+/).filter(Boolean))];
