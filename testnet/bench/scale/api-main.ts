/** A process of its own, as that of a verifier is: serves the API of a large network, and accepts a report whenever it is told to. */
import '../../../proto/polyfill.js'
import type { Hex } from '../../../proto/hex.js'
import { ApiNetwork } from './api-network.js'
import type { NetworkSize } from './sizes.js'

/** What the process is told: the size of its network, and then how to go on. */
export type ApiTask = NetworkSize | 'accept' | 'stop'

/** What it answers with after each report. */
export interface Reported {
  readonly url: string
  readonly providers: readonly Hex[]
}

let network: ApiNetwork | undefined

process.on('message', async (task: ApiTask) => {
  if (task === 'stop') {
    await network?.stop()
    process.disconnect()
    return
  }
  if (task !== 'accept') network = await ApiNetwork.start(task)
  const providers = await network!.accept()
  process.send!({ url: network!.url, providers } satisfies Reported)
})
