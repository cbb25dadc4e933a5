import type { ErrorCode } from '../../core/errors.ts';

/** A code of the catalogue as the reason of a condition: VAULT_DENIED → VaultDenied. */
export function reasonOf(code: ErrorCode): string {
  return code
    .toLowerCase()
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
}
