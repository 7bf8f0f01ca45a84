/** What becomes of the chain itself, for all nodes of a run at once. */
import type { Anvil } from '../network/anvil.js'
import type { Fault } from './fault.js'

/** Replaces the newest blocks by empty ones, in an instant. */
export class ReorgFault implements Fault {
  constructor(
    private readonly anvil: Pick<Anvil, 'reorganise'>,
    private readonly blocks: number,
  ) {}

  begin(): Promise<void> {
    return this.anvil.reorganise(this.blocks)
  }

  async end(): Promise<void> {}
}

/** The chain's process stands still, as on a machine that hangs: nobody gets an answer, no block comes. */
export class StoppedChainFault implements Fault {
  constructor(private readonly anvil: Pick<Anvil, 'pause' | 'resume'>) {}

  async begin(): Promise<void> {
    this.anvil.pause()
  }

  async end(): Promise<void> {
    this.anvil.resume()
  }
}

/**
 * The chain's process is killed, and started again with its blocks. What waited to be mined is lost. Anvil then no longer
 * tells contracts the hashes of blocks before its start: a report that is not posted by then never is, since nobody can show
 * its B(e).
 */
export class RestartedChainFault implements Fault {
  constructor(private readonly anvil: Pick<Anvil, 'kill' | 'startAgain'>) {}

  begin(): Promise<void> {
    return this.anvil.kill()
  }

  end(): Promise<void> {
    return this.anvil.startAgain()
  }
}
