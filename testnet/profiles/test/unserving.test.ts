/** Providers that serve nobody who measures. What the chain must show of them is in profiles.test.ts. */
import { expect } from 'chai'
import { loadForwarding, type Packet, REFUSE } from '../../../probe/plane/forwarding.js'
import type { RelayOpen } from '../../../proto/messages.js'
import { NO_TOKEN, TOKEN_BYTES } from '../../../proto/token.js'
import { PROVIDER_PROFILES } from '../profiles.js'

const OF_STRANGER = { token: NO_TOKEN } as RelayOpen
const OF_VERIFIER = { token: new Uint8Array(TOKEN_BYTES).fill(1) } as RelayOpen

const answers = async (profile: string) => {
  const { admit, forward } = await loadForwarding(
    PROVIDER_PROFILES[profile]!.forwarding!({ seed: '', claimKbps: 25_000, sharedDir: '' }),
  )
  const data = (reserved: boolean) =>
    forward({ bytes: Buffer.alloc(0), length: 0, session: 1, reserved, opener: '', rateKbps: 0, ageMs: 0 } as Packet, 0)
  return {
    stranger: [admit(OF_STRANGER, 0, ''), data(false)],
    verifier: [admit(OF_VERIFIER, 0, ''), data(true)],
  }
}

describe('a provider that does not serve', () => {
  it('anybody refuses all, or drops all', async () => {
    const refused = [REFUSE.notServing, 'drop']
    expect(await answers('refuser')).to.deep.equal({ stranger: refused, verifier: refused })
    expect(await answers('dead')).to.deep.equal({ stranger: [true, 'drop'], verifier: [true, 'drop'] })
  })

  it('verifiers takes their sessions and drops their data, or says that it is busy; strangers it serves', async () => {
    const served = [true, 'now']
    expect(await answers('shunner')).to.deep.equal({ stranger: served, verifier: [true, 'drop'] })
    expect(await answers('pretender')).to.deep.equal({ stranger: served, verifier: [REFUSE.busy, 'drop'] })
  })
})
