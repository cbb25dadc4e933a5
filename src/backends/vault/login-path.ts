import { SecretError } from '../../core/errors.ts';
import { quote } from './call.ts';

/**
 * `/v1/auth/MOUNT/login`. Parity: slashes are collapsed, and the same characters stay unescaped as in the official
 * client. Throws PATH_FORBIDDEN for a mount that would leave `/v1/auth/` or cut the path off.
 */
export function toLoginPath(mount: string): string {
  const segments = mount.split('/').filter((segment) => segment !== '');
  if (segments.length === 0 || segments.some(isUnsafe)) {
    throw new SecretError(
      'PATH_FORBIDDEN',
      `vaultAuthMountPath ${quote(mount)} is no path of an auth method; write it without auth/, '.', '..', '?' and '#'`,
    );
  }
  return `/v1/auth/${segments.map(encodeSegment).join('/')}/login`;
}

function isUnsafe(segment: string): boolean {
  return segment === '.' || segment === '..' || /[?#]/.test(segment);
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment.toWellFormed())
    .replaceAll(/%(24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent)
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
