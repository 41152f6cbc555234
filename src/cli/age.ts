const units = [
  { from: 0, size: 1000, name: 's' },
  { from: 120_000, size: 60_000, name: 'min' },
  { from: 7_200_000, size: 3_600_000, name: 'h' },
  { from: 172_800_000, size: 86_400_000, name: 'd' },
] as const;

/** How long ago, or in how long, for people: "4 s ago", "in 3 min". */
export function age(at: number, now: number): string {
  const ms = Math.abs(now - at);
  const { size, name } = units.findLast(({ from }) => ms >= from) ?? units[0];
  const text = `${Math.floor(ms / size)} ${name}`;
  return at > now ? `in ${text}` : `${text} ago`;
}
