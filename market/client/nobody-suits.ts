import { UserError } from '../../verifier/config/errors.js'

/** The end of a client's traffic. @param why a clause. @param todo a sentence */
export const nobodySuits = (why: string, todo = 'Relax what you ask for, or try again later.'): UserError =>
  new UserError('nobody-suits', `No traffic goes out: ${why}. ${todo}`)
