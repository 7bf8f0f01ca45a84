/** What a run's rewards must show, and how the result tells them. Pure. */
import type { Hex } from '../../proto/hex.js'
import { DEVNET } from '../../proto/params.js'
import { accountOf } from '../../verifier/chain/account.js'
import type { PostedReport } from '../../verifier/core/ports.js'
import type { ResultEvent, RewardResult } from './events.js'
import type { PlannedVerifier } from './plan.js'
import type { RewardsRecord } from './rewards.js'

/** As much of a run's record as its rewards follow from. */
interface PaidRun {
  readonly verifiers: readonly { readonly planned: PlannedVerifier; readonly index: number | undefined }[]
  readonly epochs: readonly {
    readonly epoch: number
    readonly report: PostedReport | undefined
    readonly frozen: readonly number[]
  }[]
  readonly rewards: RewardsRecord
}

/** One sentence for each rule that the pot or an account breaks. */
export function potFailures({ funded, left, earned, claimed, faults }: RewardsRecord): string[] {
  const paid = [...claimed.values()].reduce((sum, one) => sum + one, 0n)
  const shown = [...earned.values()].reduce((sum, one) => sum + one, 0n)
  const ahead = [...claimed].filter(([account, wei]) => wei > (earned.get(account) ?? 0n))
  return [
    ...faults,
    ...(paid + left === funded
      ? []
      : [`The pot does not add up: ${paid} paid + ${left} left is not ${funded} funded.`]),
    ...(shown <= funded ? [] : [`Reports show ${shown} wei of rewards, and the pot was funded with ${funded}.`]),
    ...ahead.map(([account]) => `${account} was paid more than the reports show.`),
  ]
}

/** Who does the work of epochs that reports have paid for must earn, and who does none must not. */
export function rewardFailures({ verifiers, epochs, rewards }: PaidRun): string[] {
  const posted = epochs.flatMap(({ report }) => report?.header.epoch ?? [])
  const paid = epochs.filter(({ epoch }) => posted.includes(epoch) && posted.includes(epoch + DEVNET.rewardDelayEpochs))
  return verifiers.flatMap(({ planned, index }) => {
    const isMember = paid.some(({ frozen }) => frozen.includes(index ?? -1))
    const earned = rewards.earned.get(accountOf(planned.keys.evm)) ?? 0n
    if (planned.profile === 'honest' && isMember && earned === 0n) return [`${planned.name} (honest) earned nothing.`]
    return planned.profile === 'silent' && earned > 0n ? [`${planned.name} (silent) earned ${earned} wei.`] : []
  })
}

export const rewardResult = ({ earned, claimed }: RewardsRecord, account: Hex): RewardResult => ({
  earned: (earned.get(account) ?? 0n).toString(),
  claimed: (claimed.get(account) ?? 0n).toString(),
})

export function potResult({ funded, left, claimed }: RewardsRecord): ResultEvent['rewards'] {
  const paid = [...claimed.values()].reduce((sum, one) => sum + one, 0n)
  return { funded: funded.toString(), claimed: paid.toString(), left: left.toString() }
}
