/** The kinds of clients in a test network. */
export const CLIENT_PROFILES = {
  honest: 'pays for what it was carried',
  nonpayer: 'takes what it gets without paying',
  freeloader: 'opens session after session and never pays',
  overspender: 'signs away more than its deposits hold',
  'stale-closer': 'wants its deposits back before its providers have redeemed',
} as const

export type ClientProfile = keyof typeof CLIENT_PROFILES
