import { UserError } from '../../verifier/config/errors.js'

/** The end of a client's traffic. @param why a clause */
export const nobodySuits = (why: string): UserError =>
  new UserError('nobody-suits', `No traffic goes out: ${why}. Relax what you ask for, or try again later.`)
