/** The kinds of clients in a test network. */
export const CLIENT_PROFILES = {
  honest: 'pays for what it was carried',
  nonpayer: 'takes what it gets without paying',
  'stale-closer': 'wants its deposits back before its providers have redeemed',
} as const

export type ClientProfile = keyof typeof CLIENT_PROFILES
