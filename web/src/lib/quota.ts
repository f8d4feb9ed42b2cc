/** How much of a quota is used, from 0 to 1. One of nothing is full. */
export const quotaShare = ({ used, limit }: { used: number; limit: number }): number =>
  limit <= 0 ? 1 : Math.min(1, used / limit);
