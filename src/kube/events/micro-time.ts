/** A moment as Kubernetes writes it where it asks for microseconds: six digits, or it refuses the object. */
export function toMicroTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}
