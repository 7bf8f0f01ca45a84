import { expect } from 'chai'
import { DATAGRAM_BYTES, headerBytes, IP_DATAGRAM_BYTES, ipDatagramBytes } from '../datagram.js'

const IPV4_HEADER = 20
const IPV6_HEADER = 40
const UDP_HEADER = 8
/** The path MTU that every IPv6 link has (RFC 8200, section 5). */
const LEAST_IPV6_MTU = 1280

describe('a datagram of data', () => {
  it('has its own bytes, and the headers of its address family', () => {
    expect(headerBytes(false)).to.equal(IPV4_HEADER + UDP_HEADER)
    expect(headerBytes(true)).to.equal(IPV6_HEADER + UDP_HEADER)
    expect(ipDatagramBytes(false)).to.equal(IP_DATAGRAM_BYTES)
    expect(ipDatagramBytes(true)).to.equal(DATAGRAM_BYTES + IPV6_HEADER + UDP_HEADER)
  })

  it('passes a path MTU of 1280 in one piece', () => {
    expect(ipDatagramBytes(false)).to.be.at.most(LEAST_IPV6_MTU)
    expect(ipDatagramBytes(true)).to.equal(1248).and.to.be.at.most(LEAST_IPV6_MTU)
  })
})
