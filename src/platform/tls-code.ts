/** What Node and OpenSSL call the failures of a handshake, a wrong certificate among them. */
const tlsCodes =
  /^(CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO$|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|CRL_)/;

/** Whether a connection failed at TLS, by the `code` of its error: another try meets the same. */
export function isTlsCode(code: string): boolean {
  return tlsCodes.test(code);
}
