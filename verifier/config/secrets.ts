/**
 * Secrets that this process was given, such as the key in the URL of a chain node. Libraries and servers quote what they
 * are asked, so each text that leaves the process passes `withoutSecrets`: the log, and the errors on standard error.
 */

/** the longest first: one secret may be a part of another */
let secrets: readonly string[] = []

/** @param secret at least a few characters: each text loses all that looks like it */
export function keepSecret(secret: string): void {
  secrets = [...new Set([...secrets, secret])].sort((a, b) => b.length - a.length)
}

/** The text with `…` in the place of every secret. */
export const withoutSecrets = (text: string): string =>
  secrets.reduce((shown, secret) => shown.replaceAll(secret, '…'), text)
