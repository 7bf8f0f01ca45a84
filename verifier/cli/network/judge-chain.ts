/** Whether a network can run on a chain: a line for each thing that it needs. Pure. */
import type { NetworkParams } from '../../../proto/params.js'
import type { ChainOffers, HashSource } from '../../chain/chain-offers.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { bad, good, warning } from '../finding.js'
import { stateFinding } from '../state-finding.js'

/** The highest bound of `docs/gas.md`: certificates of 128 verifiers that contradict each other. */
export const MOST_GAS = 11_243_369n
/** Gas of the report of one epoch, from `docs/gas.md`. */
export const REPORT_GAS = 235_000n

const MAINNET = 1
/** Above it, no epoch of a usual length has enough blocks. */
const LONGEST_MEAN_SECONDS = 60
/** A report and what settles it are two transactions after each other, and the first may just miss a block. */
const BLOCKS_TO_POST = 3
const OLD_HEAD_SECONDS = 60
const LEAST_BLOCKS = 8
const NOT_MERGED = 'All draws of the network follow from it, so whoever makes blocks could choose who measures whom.'
const ETHER = 10n ** 18n
/** A report that costs more is worth a thought. */
const DEAR_WEI = ETHER / 100n

/** @param params of the network that is to be deployed, if they are known */
export const judgeChain = (offers: ChainOffers, nowMs: number, params?: NetworkParams): Finding[] => [
  chainIdFinding(offers),
  precompileFinding(offers),
  randomnessFinding(offers),
  blockTimeFinding(offers, params),
  headFinding(offers, nowMs),
  blockHashFinding(offers.blockHash),
  historyFinding(offers.history),
  ...(offers.state && params ? [stateFinding('old state', 'the chain node', offers.state, params)] : []),
  gasLimitFinding(offers),
  gasPriceFinding(offers, params),
]

function chainIdFinding({ chainId, head }: ChainOffers): Finding {
  const found = `chain ${chainId}, at block ${head}`
  return chainId === MAINNET
    ? warning(
        'chain',
        `${found}, is Ethereum itself`,
        'Bandwitness has had no audit: deploy it where stakes are worth nothing.',
      )
    : good('chain', found)
}

function precompileFinding({ precompiles }: ChainOffers): Finding {
  const unusable = precompiles.filter(({ says }) => says !== 'the right answer')
  const names = (of: ChainOffers['precompiles']) =>
    of.map(({ name, address }) => `${name} (${address.replace(/^0x0+/, '0x')})`).join(', ')
  if (unusable.length === 0) return good('EIP-2537', `${names(precompiles)} give the right answers`)
  const faults = unusable.map(one => `${names([one])} gives ${one.says}`)
  return bad(
    'EIP-2537',
    faults.join(', '),
    'The contracts verify signatures with these precompiles, which Ethereum has since Prague: choose a chain with them.',
  )
}

function randomnessFinding({ randomness }: ChainOffers): Finding {
  const different = new Set(randomness).size
  if (randomness.length < 2) return warning('prevrandao', 'the chain has too few blocks to tell', 'Ask again later.')
  if (different < randomness.length) {
    return bad('prevrandao', `${randomness.length} blocks have only ${different} values of it`, NOT_MERGED)
  }
  return good('prevrandao', `is another one in each of ${randomness.length} blocks`)
}

function blockTimeFinding({ gapSeconds }: ChainOffers, params?: NetworkParams): Finding {
  const subject = 'block times'
  if (gapSeconds.length < LEAST_BLOCKS) {
    return warning(subject, `the chain has only ${gapSeconds.length + 1} blocks to look at`, 'Ask again later.')
  }
  const mean = gapSeconds.reduce((sum, gap) => sum + gap, 0) / gapSeconds.length
  const [shortest, longest] = [Math.min(...gapSeconds), Math.max(...gapSeconds)]
  const found = `a block each ${mean.toFixed(1)} s, from ${shortest} to ${longest} s`
  if (params === undefined) {
    return mean > LONGEST_MEAN_SECONDS
      ? warning(subject, found, `An epoch must be much longer than ${Math.ceil(BLOCKS_TO_POST * longest)} s.`)
      : ofGaps(shortest, subject, found)
  }
  const { epochSeconds, commitMs, revealMs, listMs, roundMs } = params
  const needed = Math.ceil((commitMs + revealMs + listMs + roundMs) / 1000 + BLOCKS_TO_POST * mean)
  return needed > epochSeconds
    ? bad(subject, found, `With such blocks an epoch takes at least ${needed} s, and epochSeconds is ${epochSeconds}.`)
    : ofGaps(shortest, subject, `${found}; an epoch has ${blocksText(epochSeconds, mean)}`)
}

/** @param mean 0 if all blocks have one time */
const blocksText = (epochSeconds: number, mean: number): string =>
  mean === 0 ? 'many' : `${Math.floor(epochSeconds / mean)}`

/** An epoch is drawn at the last block before a second. */
const ofGaps = (shortest: number, subject: string, found: string): Finding =>
  shortest > 0
    ? good(subject, found)
    : warning(subject, found, 'Several blocks have one time: whoever makes the last one of a second draws the epoch.')

function headFinding({ headSeconds }: ChainOffers, nowMs: number): Finding {
  const age = Math.round(nowMs / 1000 - headSeconds)
  const found = age < 0 ? `is ${-age} s ahead of this machine's clock` : `is ${age} s old`
  return Math.abs(age) > OLD_HEAD_SECONDS
    ? warning(
        'newest block',
        found,
        'The chain stands still, its node lags behind, or the clock of this machine is wrong.',
      )
    : good('newest block', found)
}

function blockHashFinding(source: HashSource | undefined): Finding {
  const subject = 'BLOCKHASH'
  if (source === undefined) return warning(subject, 'the chain has no block to ask about', 'Ask again later.')
  const { blocksBack, isRight } = source
  return isRight
    ? good(subject, `is right for ${blocksBack} blocks back`)
    : bad(
        subject,
        `is wrong for ${blocksBack} blocks back`,
        'Reports name a block that the contracts must know: choose another chain.',
      )
}

function historyFinding(source: HashSource | undefined): Finding {
  const subject = 'EIP-2935'
  if (source === undefined) return warning(subject, 'the chain has no block to ask about', 'Ask again later.')
  const { blocksBack, isRight } = source
  return isRight
    ? good(subject, `the history contract knows the block ${blocksBack} blocks back`)
    : warning(
        subject,
        `the history contract does not know the block ${blocksBack} blocks back`,
        'Nodes then note the block of an epoch that has more than 256 blocks, for 44,000 gas.',
      )
}

function gasLimitFinding({ blockGas }: ChainOffers): Finding {
  const found = `a block has room for ${blockGas} gas, and the largest call takes ${MOST_GAS}`
  if (blockGas < MOST_GAS) return bad('gas limit', found, 'Verifiers that contradict themselves would go unpunished.')
  return blockGas < 2n * MOST_GAS
    ? warning('gas limit', found, 'That call finds room only in a block that is half empty.')
    : good('gas limit', found)
}

function gasPriceFinding({ gasPrice }: ChainOffers, params?: NetworkParams): Finding {
  if (gasPrice === undefined) {
    return warning('gas price', 'the chain node names none', 'Ask another chain node what transactions cost.')
  }
  const report = REPORT_GAS * gasPrice
  const each = `${(Number(gasPrice) / 1e9).toFixed(3)} gwei, at which a report costs ${etherText(report)} ether`
  const daily = params && (report * 86_400n) / BigInt(params.epochSeconds)
  const found = daily === undefined ? each : `${each}, and those of a day ${etherText(daily)}`
  return report > DEAR_WEI
    ? warning('gas price', found, 'Take long epochs, or a cheaper chain.')
    : good('gas price', found)
}

const etherText = (wei: bigint): string => (Number(wei) / Number(ETHER)).toPrecision(2)
