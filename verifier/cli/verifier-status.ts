/** `bandwitness verifier status`: what the chain and the running node say of a verifier. */

import type { InferredOptionTypes } from 'yargs'
import { epochAt, eraOf } from '../../proto/epoch.js'
import type { Hex } from '../../proto/hex.js'
import { readStake, type Stake } from '../chain/stake.js'
import { connect, ENDPOINTS } from '../client/index.js'
import type { VerifierStandingJson } from '../evidence/schema/stake.js'
import { API_OPTION } from './api-client.js'
import { timeText, tokensText } from './figures.js'
import { onInterrupt } from './interrupt.js'
import type { Command } from './lazily.js'
import { print } from './output.js'
import { READ_OPTIONS, type ShownAccount, withShownAccount } from './own-account.js'
import { settings } from './settings.js'
import { textTable } from './text-table.js'
import { WATCH_OPTION, watch } from './watch.js'

const OPTIONS = { ...READ_OPTIONS, ...API_OPTION, ...WATCH_OPTION } as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

/** A node that runs answers at once; one that does not is told so. */
const NODE_MS = 3000

export const verifierStatus: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: flags =>
    withShownAccount(flags, async own => {
      const look = () => standing(own, flags.api)
      if (flags.watch) await watch(flags, { look, textOf: standingText, until: onInterrupt() })
      else print(flags, await look(), standingText)
    }),
}

async function standing({ chain, account, network }: ShownAccount, apiUrl: string): Promise<VerifierStandingJson> {
  const [index, stake, clock, claimed] = await Promise.all([
    chain.verifierIndex(account),
    readStake(chain.context, 'verifier', account),
    chain.clock(),
    chain.rewardsClaimed(account),
  ])
  const era = clock && eraOf(clock, Math.max(1, epochAt(clock, Date.now())))
  const set = era === undefined ? [] : await chain.frozenSet(era)
  const api = connect(apiUrl, { timeoutMs: NODE_MS })
  const node = await api.ask(ENDPOINTS.status)
  const rewards = await api.ask(ENDPOINTS.rewards, { epoch: 'latest' })
  const own = node.kind === 'answer' && node.value.account === account ? node.value : null
  const earned = rewards.kind === 'answer' ? cumulativeOf(rewards.value.rewards, account) : null
  return {
    ...{ network: network.name, account, index: index ?? null, stake: stakeJson(stake) },
    ...{ era: era ?? null, isMember: set.some(member => member.account === account), members: set.length },
    rewards: { earned, claimed: claimed.toString() },
    node: own,
  }
}

const stakeJson = ({
  active,
  unbonding,
  releaseAt,
  free,
  withdrawalAddress,
}: Stake): VerifierStandingJson['stake'] => ({
  ...{ active: active.toString(), unbonding: unbonding.toString(), free: free.toString(), withdrawalAddress },
  releaseAt: releaseAt ?? null,
})

const cumulativeOf = (rewards: readonly { account: string; cumulative: string }[], account: Hex): string =>
  rewards.find(one => one.account === account)?.cumulative ?? '0'

function standingText(found: VerifierStandingJson): string {
  const { network, account, index, era, isMember, members, rewards, node } = found
  const rows: [string, string][] = [
    ['verifier', index === null ? `${account} is not registered` : `${index}, ${account}`],
    ['network', network],
    ['bond', bondText(found.stake)],
    [
      'set',
      era === null
        ? 'the network has not started'
        : `${isMember ? 'in' : 'not in'} the set of era ${era}, which has ${members} members`,
    ],
    ['rewards', rewardsText(rewards)],
    ...(node === null ? [['node', 'does not run, or answers at another --api'] as [string, string]] : nodeRows(node)),
  ]
  return textTable(rows)
}

function bondText({ active, unbonding, releaseAt, free, withdrawalAddress }: VerifierStandingJson['stake']): string {
  const parts = [
    `${tokensText(BigInt(active))} tokens`,
    ...(releaseAt === null ? [] : [`${tokensText(BigInt(unbonding))} unbonding until ${timeText(releaseAt)}`]),
    ...(free === '0' ? [] : [`${tokensText(BigInt(free))} deposited and not bonded`]),
    `withdrawals pay ${withdrawalAddress}`,
  ]
  return parts.join('; ')
}

const rewardsText = ({ earned, claimed }: VerifierStandingJson['rewards']): string =>
  earned === null
    ? `${tokensText(BigInt(claimed))} tokens claimed; what was earned only a running node tells`
    : `${tokensText(BigInt(earned))} tokens earned, ${tokensText(BigInt(claimed))} claimed`

function offenderText(peer: string | null, verifier: number | null): string {
  if (verifier !== null) return `verifier ${verifier}`
  return peer === null ? 'somebody who never said who it is' : `${peer}, which no verifier has announced,`
}

function nodeRows({ epoch, sentence, missed, chain, peers, offenders }: NonNullable<VerifierStandingJson['node']>) {
  const rows: [string, string][] = [
    ['epoch', `${epoch}: ${sentence}`],
    ['missed', missed === null ? 'no report' : `epoch ${missed.epoch}: ${missed.sentence}`],
    ['chain', chain.fault ?? 'answers'],
    ...chain.pending.map(({ what, seconds, raises }): [string, string] => [
      'waits',
      `${what} for ${seconds} s, fee raised ${raises} times`,
    ]),
    ['peers', `${peers} connections`],
    ...offenders.map(({ peer, verifier, reason, count }): [string, string] => [
      'offender',
      `${offenderText(peer, verifier)} ${reason} (${count})`,
    ]),
  ]
  return rows
}
