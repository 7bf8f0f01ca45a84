/**
 * A provider's relay in a process of its own, with `--link`. It takes payments and lanes as every provider does: signatures
 * are checked, and vouchers forced to the disk. Only what the chain would say comes from the plan.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { LANE_FOLDER } from '../../../market/provider/lanes/open-lanes.js'
import { OwnLanes } from '../../../market/provider/lanes/own-lanes.js'
import { openServedStore } from '../../../market/provider/lanes/served-store.js'
import { OwnChannels } from '../../../market/provider/vouchers/own-channels.js'
import { VOUCHER_FOLDERS } from '../../../market/provider/vouchers/till.js'
import { VoucherBook } from '../../../market/provider/vouchers/voucher-book.js'
import { openVoucherStore } from '../../../market/provider/vouchers/voucher-store.js'
import { everybodyReserved, Relay } from '../../../probe/relay/relay.js'
import { systemClock, systemRandom } from '../../../probe/system.js'
import type { Hex } from '../../../proto/hex.js'
import type { EscrowEvent } from '../../../verifier/chain/escrow-log.js'
import { laneSessionSigner, laneSlotsSigner } from '../../../verifier/chain/lane-signatures.js'
import { voucherSignerOf } from '../../../verifier/chain/vouchers.js'
import { PROVIDER_KEYS } from '../../lab/session.js'
import { framed } from '../framed-stream.js'
import { channelOf, LANES_FILE, laneOf, NETWORK, SLOT_SECONDS } from './chain-facts.js'
import { CLAIM_KBPS, LINK_KBPS } from './plan.js'
import type { Part, RelayOptions } from './role-messages.js'

export async function relayPart(options: RelayOptions): Promise<Part> {
  const { host } = options
  const relay = await Relay.open({
    ...{ host, port: 0, claimKbps: CLAIM_KBPS, linkKbps: LINK_KBPS, access: everybodyReserved },
    ...{ payments: await paymentsOf(options), lanes: await lanesOf(options) },
    ...{ ...PROVIDER_KEYS, clock: systemClock, random: systemRandom },
  })
  let peers = 0
  const server = createServer(socket => void relay.serve(framed(socket), `peer ${++peers}`))
  server.listen(0, host)
  await once(server, 'listening')
  return {
    first: { ready: (server.address() as AddressInfo).port },
    handle: async () => {
      const { dropped, overruns, paidBytes, voidPayments } = relay.stats
      return { counted: { dropped: { ...dropped }, overruns, paidBytes, voidPayments } }
    },
  }
}

async function paymentsOf({ users, directory }: RelayOptions): Promise<VoucherBook> {
  const known = new Map(users.map(user => channelOf(user, user.number)).map(one => [one.id, one]))
  const reader = {
    events: async () =>
      [...known.values()].map(
        ({ id, channel, deposit, isPremium }, logIndex): EscrowEvent => ({
          ...{ kind: 'opened', id, channel, deposit, isPremium, block: 1, logIndex },
        }),
      ),
    balance: async (id: Hex) => known.get(id)!,
  }
  return new VoucherBook({
    store: await openVoucherStore(join(directory, VOUCHER_FOLDERS.relay)),
    channels: new OwnChannels(reader, 'relay', systemClock),
    signerOf: (voucher, signature) => voucherSignerOf(NETWORK, voucher, signature),
  })
}

async function lanesOf({ users, directory }: RelayOptions): Promise<OwnLanes> {
  const startedMs = systemClock.now()
  const inLanes = users.filter(({ traffic }) => traffic === 'lane')
  const lanes = new OwnLanes({
    read: async () => new Map(inLanes.map(user => laneOf(user)).map(one => [one.id, one])),
    store: await openServedStore(join(directory, LANE_FOLDER)),
    signerOf: (session, signature) => laneSessionSigner(LANES_FILE, session, signature),
    slotsSignerOf: (served, signature) => laneSlotsSigner(LANES_FILE, served, signature),
    ...{ slotSeconds: SLOT_SECONDS, wallClock: { nowMs: () => systemClock.now() - startedMs }, clock: systemClock },
    onFault: error => {
      throw error
    },
  })
  await lanes.lookAgain()
  return lanes
}
