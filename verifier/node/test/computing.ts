/** The thread that computes, for tests. */
import pino from 'pino'
import type { NetworkParams } from '../../../proto/params.js'
import { NETWORK } from '../../net/test/network.js'
import { Computation, type ReadPart, startDesk } from '../desk/computation.js'

const noBallots: ReadPart = async () => undefined

/** Whoever opens it ends it. */
export const openComputation = (
  params: NetworkParams,
  {
    readPart = noBallots,
    network = NETWORK,
    log = pino({ level: 'silent' }),
    stopping = new AbortController().signal,
    start = startDesk,
  } = {},
): Computation => new Computation({ network, params }, readPart, log, stopping, start)
