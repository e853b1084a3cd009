const dayMs = 86_400_000;

export const lengths = [
  { value: '1', label: 'A day' },
  { value: '7', label: 'A week' },
  { value: '30', label: '30 days' },
  { value: '365', label: 'A year' },
  { value: '', label: 'For good' },
] as const;

export type Length = (typeof lengths)[number]['value'];

/** RFC 3339, as the server takes it; null for good. */
export function endOf(length: Length, nowMs: number): string | null {
  return length === '' ? null : new Date(nowMs + Number(length) * dayMs).toISOString();
}

export const longestReason = 500;

export function reasonProblem(reason: string): string | null {
  const length = Array.from(reason.trim()).length;
  if (length === 0) return 'Say why. The person and the audit log see it.';
  return length > longestReason ? `A reason has at most ${longestReason} characters.` : null;
}
