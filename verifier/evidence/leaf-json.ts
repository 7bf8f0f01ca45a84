import { type Leaf, STATUS } from '../../proto/leaf.js'

/** A leaf as people and programs read it: an unmeasured rate is null, never zero. */
export type LeafJson = Omit<Leaf, 'rateKbps'> & { readonly rateKbps: number | null }

export const leafJson = (leaf: Leaf): LeafJson => ({
  ...leaf,
  rateKbps: leaf.status === STATUS.unmeasured ? null : leaf.rateKbps,
})

export const leafFromJson = (json: LeafJson): Leaf => ({ ...json, rateKbps: json.rateKbps ?? 0 })
