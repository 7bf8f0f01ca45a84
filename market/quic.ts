import { loadQuiche } from '../probe/tunnel/quiche.js'
import { UserError } from '../verifier/config/errors.js'

/** Loads QUIC before anything is paid for or opened. @throws UserError 'configuration' on a platform without a binary */
export async function requireQuic(load: () => Promise<unknown> = loadQuiche): Promise<void> {
  await load().catch((cause: Error) => {
    throw new UserError('configuration', `${cause.message}.`, { cause })
  })
}
