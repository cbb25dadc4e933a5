/**
 * Node's own flags in the image, by daemon. A cluster pays for every megabyte on every node: both collect garbage early.
 * bench/results.md and bench/sync-results.md have what it brings. Commands that end soon run without any.
 */
export const nodeFlags: Readonly<Record<string, readonly string[]>> = {
  provider: ['--max-semi-space-size=2', '--heap-growing-percent=10', '--no-maglev'],
  controller: ['--max-semi-space-size=4', '--heap-growing-percent=20'],
};
