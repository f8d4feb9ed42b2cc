type Piece = string | false | null | undefined;

/** Joins class names, leaving out what is switched off. */
export const cx = (...pieces: Piece[]) => pieces.filter(Boolean).join(' ');
