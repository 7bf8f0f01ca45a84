/** A provider's relay, with the protocols in front of it: sessions, tokens, and the test of its own reach. */
import { join } from 'node:path'
import { STRANGERS_FILL } from '../../probe/constants.js'
import { Relay, systemClock, systemRandom, tokenKeyOf } from '../../probe/index.js'
import { fromHex, toHex } from '../../proto/hex.js'
import type { TokenRequest } from '../../proto/messages.js'
import { answerSigner } from '../../verifier/chain/answers.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { voucherSigner } from '../../verifier/chain/vouchers.js'
import { ConnectionPool } from '../../verifier/net/connection-pool.js'
import { announcedAddresses } from '../../verifier/net/libp2p.js'
import { createProviderPeer } from '../../verifier/net/provider-peer.js'
import { serveTokens, type TokenAsker } from '../../verifier/net/tokens.js'
import { Directory } from '../../verifier/node/directory.js'
import type { Lifecycle } from '../../verifier/node/lifecycle.js'
import { testReachBy } from '../../verifier/node/reach-self-test.js'
import { serveSessions } from '../../verifier/node/serve-sessions.js'
import { WALL_CLOCK } from '../../verifier/node/wall-clock.js'
import { openLanes } from './lanes/open-lanes.js'
import { payerEntitlement } from './payer-tokens.js'
import type { ProviderOptions } from './provider-options.js'
import { strangersCredit } from './strangers-credit.js'
import { TokenLedger } from './token-ledger.js'
import { TokenOffice } from './token-office.js'
import { VerifierSets } from './verifier-sets.js'
import { openTill } from './vouchers/till.js'

/** Between two looks at the chain because somebody unknown asked for tokens. */
const UNKNOWN_MS = 2000

export async function serve(options: ProviderOptions, life: Lifecycle, chain: EthersChain, claimKbps: number) {
  const {
    network,
    keys,
    logger: log,
    udpHost: host,
    udpPort: port,
    udpAnnounce,
    forwarding,
    offload,
    linkKbps,
  } = options
  const account = chain.account!
  const directory = new Directory(chain, log)
  const sets = new VerifierSets(chain, directory, network.params)
  const key = tokenKeyOf(fromHex(keys.evm))
  const office = new TokenOffice({
    ...{ network: chain.network, account, key, ledger: new TokenLedger(join(options.dataDir, 'tokens'), log) },
    random: systemRandom,
  })
  if (linkKbps !== undefined && linkKbps < claimKbps * STRANGERS_FILL)
    log.warn(
      { linkKbps, claimKbps },
      'the link has too little room for the claim: name its rate with --link, or lower the claim',
    )
  const till = await openTill({ dataDir: options.dataDir, purpose: 'relay', chain, log }, life)
  const relay = await life.open(
    Relay.open({
      host,
      port,
      announced: udpAnnounce,
      claimKbps,
      linkKbps,
      forwarding,
      offload,
      access: office,
      payments: till.payments,
      lanes: await openLanes(chain, options.dataDir, log, life),
      credit: strangersCredit(network.params, claimKbps),
      answerSigner: answerSigner(chain.network, keys.evm),
      voucherSigner: voucherSigner(chain.network, keys.evm),
      clock: systemClock,
      random: systemRandom,
    }),
    one => one.close(),
  )
  const pool = new ConnectionPool(() => systemClock.now())
  const peer = await life.open(createProviderPeer({ seed: keys.peer, listen: options.listen, log }, pool), one =>
    one.stop(),
  )
  const know = (verifierHost: string) => {
    relay.know(verifierHost)
    pool.know(verifierHost)
  }
  const refreshSets = async () => {
    office.setEras(await sets.refresh(WALL_CLOCK.nowMs()))
    for (const verifierHost of sets.hosts()) know(verifierHost)
  }
  // Whoever is refused may have been announced a moment ago: on a network with long epochs, the next poll is far away.
  let lookedMs = Number.NEGATIVE_INFINITY
  const refreshSoon = () => {
    const nowMs = systemClock.now()
    if (nowMs < lookedMs + UNKNOWN_MS) return
    lookedMs = nowMs
    refreshSets().catch(error => log.warn({ error: error.message }, 'could not read the verifier sets'))
  }
  await refreshSets() // before any session: a provider that has just started must know the tokens of its last run
  await serveSessions(peer, pool, relay, log)
  const payers = { network: chain.network, account, ...till, claimKbps: () => relay.claimKbps }
  const issue = async (request: TokenRequest, asker: TokenAsker) => {
    if (request.channel !== undefined) return office.issue(request, await payerEntitlement(payers, request))
    const response = office.issue(request, sets.entitlementOf(asker.peerId, request.era))
    if (response.issue !== undefined) know(asker.host)
    else refreshSoon()
    return response
  }
  await serveTokens(peer, issue, log)
  const addresses = announcedAddresses(peer, options.announce)
  const self = { account, claimKbps, multiaddrs: addresses, stopping: life.stopping }
  return {
    ...{ relay, pool, peer, directory, addresses, refreshSets },
    peerId: peer.peerId.toString(),
    tokenKey: toHex(key.publicKey),
    testReach: async () => {
      await directory.refresh()
      return testReachBy(directory.verifiers(), { ...self, peer, log })
    },
  }
}

export type Serving = Awaited<ReturnType<typeof serve>>
