import { existsSync } from 'node:fs'
import type { InferredOptionTypes } from 'yargs'
import { accountOf } from '../../chain/account.js'
import { chainOffers } from '../../chain/chain-offers.js'
import { openAnyChain } from '../../chain/connect.js'
import {
  type DeploymentPlan,
  type DeployOptions,
  deployNetwork,
  MissingContractError,
  NotMinedError,
} from '../../chain/deploy-network.js'
import { RpcFault } from '../../chain/rpc-fault.js'
import { UserError } from '../../config/errors.js'
import { type NetworkFile, saveNewNetworkFile } from '../../config/network-file.js'
import { notWritten } from '../../config/whole-file.js'
import type { NetworkDeployJson } from '../../evidence/schema/network-commands.js'
import { confirm, YES_OPTION } from '../confirm.js'
import { tokensText } from '../figures.js'
import type { Command } from '../lazily.js'
import { print } from '../output.js'
import { settings } from '../settings.js'
import { textTable } from '../text-table.js'
import { findingsText, refuseBad } from './check.js'
import { earlierStart, forgetStart, recordPath, recordStart } from './deployment-record.js'
import { judgeChain } from './judge-chain.js'
import { KEY_OPTIONS, PARAMS_OPTION, RPC_OPTION, readSettings } from './options.js'
import { readPrivateKey } from './private-key.js'

const OPTIONS = {
  rpc: RPC_OPTION,
  params: { ...PARAMS_OPTION, demandOption: true },
  ...KEY_OPTIONS,
  out: { type: 'string', demandOption: true, describe: 'Network file to write; it is never replaced' },
  ...YES_OPTION,
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const networkDeploy: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const { out } = flags
    if (existsSync(out)) throw new UserError('configuration', `${out} exists already. Name another file with --out.`)
    const settings = readSettings(flags.params)
    const privateKey = await readPrivateKey(flags.key, flags['password-file'])
    const provider = await openAnyChain(flags.rpc)
    try {
      const { chainId } = provider
      const findings = judgeChain(await chainOffers(provider, settings.params), Date.now(), settings.params)
      refuseBad(chainId, findings)
      const owner = { chainId, account: accountOf(privateKey), settings }
      const earlier = await earlierStart(out, owner)
      const ask = async (plan: DeploymentPlan) => {
        refusePoor(plan)
        await confirm(flags, `${findingsText(findings)}\n\n${planText(plan, settings.name, earlier !== undefined)}`)
        if (earlier === undefined) await recordStart(out, owner, plan.start)
      }
      const network = await deployed({ provider, privateKey, settings, start: earlier, confirm: ask }, out)
      await keep(out, network)
      const { name, contracts } = network
      print<NetworkDeployJson>(flags, { file: out, name, chainId, contracts }, deploymentText)
    } finally {
      provider.destroy()
    }
  },
}

/** @throws UserError that says what there is now, and how to go on */
async function deployed(options: DeployOptions, out: string): Promise<NetworkFile> {
  try {
    return await deployNetwork(options)
  } catch (cause) {
    const began = existsSync(recordPath(out))
    if (began && cause instanceof MissingContractError) {
      throw new UserError(
        'configuration',
        `The deployment failed: ${cause.message}. There is no network file. Remove ${recordPath(out)} to begin again; the contracts that are there belong to no network, and hold nothing.`,
        { cause },
      )
    }
    if (began && (cause instanceof RpcFault || cause instanceof NotMinedError)) {
      throw new UserError(
        'chain-unreachable',
        `The deployment stopped in the middle: ${cause.message}. There is no network file yet. Run the same command again: it goes on where it stopped, and sends nothing twice.`,
        { cause },
      )
    }
    throw cause
  }
}

/** The record goes last: until the file is there, the deployment is not complete. */
async function keep(out: string, network: NetworkFile): Promise<void> {
  try {
    await saveNewNetworkFile(out, network)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw code === 'EEXIST'
      ? new UserError(
          'configuration',
          `${out} was written by somebody else. Move it away, then run the same command again.`,
        )
      : notWritten(out, cause)
  }
  await forgetStart(out)
}

function refusePoor({ account, ether, mostEther, chainId }: DeploymentPlan): void {
  if (ether >= mostEther) return
  throw new UserError(
    'configuration',
    `${account} holds ${tokensText(ether)} of the currency of chain ${chainId}, and the gas of the deployment can cost ${tokensText(mostEther)}. Send it some, then try again.`,
  )
}

function planText(plan: DeploymentPlan, name: string, goesOn: boolean): string {
  const { account, ether, mostEther, chainId, contracts } = plan
  const first = goesOn ? 'goes on with an earlier deployment; sends' : 'sends'
  return textTable([
    ['network', `${name}, on chain ${chainId}`],
    ['account', `${account}, with ${tokensText(ether)} ether`],
    ...(contracts.length === 0
      ? [['sends', 'nothing: all transactions of an earlier deployment are out']]
      : contracts.map((contract, i) => [i === 0 ? first : '', `${contract.name} at ${contract.address}`])),
    ['costs', `at most ${tokensText(mostEther)} ether for gas`],
  ])
}

const deploymentText = ({ file, name, chainId, contracts }: NetworkDeployJson): string =>
  [
    `Deployed network "${name}" on chain ${chainId}, and wrote ${file}.`,
    textTable(Object.entries(contracts).map(([contract, address]) => [contract, address])),
    'Give the file to everybody who takes part. Its genesis verifiers register and run; then `bandwitness network start` starts it.',
  ].join('\n')
