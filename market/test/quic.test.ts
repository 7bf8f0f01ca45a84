import { expect } from 'chai'
import { UserError } from '../../verifier/config/errors.js'
import { requireQuic } from '../quic.js'

describe('QUIC', () => {
  it('is an error of the configuration on a platform without it', async () => {
    const load = async () => {
      throw new Error('@matrixai/quic does not load on linux-arm64: run clients and exits on linux-x64')
    }
    const error = await requireQuic(load).catch((cause: unknown) => cause)
    expect(error).to.be.instanceOf(UserError).with.property('code', 'configuration')
    expect(error).to.have.property('message').that.includes('does not load on linux-arm64')
  })
})
