/** A small decision tree (CART: Gini impurity, binary splits of one field), and how well it predicts what it has not seen. */

export interface Example {
  /** the same fields in the same order for every example */
  readonly fields: readonly number[]
  /** from 0 */
  readonly label: number
}

type Tree =
  | { readonly label: number }
  | { readonly field: number; readonly most: number; readonly yes: Tree; readonly no: Tree }

const MAX_DEPTH = 5
/** A leaf holds at least so many examples, so that the tree does not learn single sessions by heart. */
const MIN_LEAF = 20

/**
 * Share of the examples that a tree predicts which has not seen them, by cross-validation.
 * @param random draws the folds: a number from 0 to 1
 */
export function crossValidated(examples: readonly Example[], folds: number, random: () => number): number {
  const shuffled = examples
    .map(example => ({ example, key: random() }))
    .sort((a, b) => a.example.label - b.example.label || a.key - b.key)
    .map(({ example }, i) => ({ example, fold: i % folds })) // every fold has its part of every label
  let right = 0
  for (let fold = 0; fold < folds; fold++) {
    const tree = grown(shuffled.filter(one => one.fold !== fold).map(one => one.example))
    const unseen = shuffled.filter(one => one.fold === fold)
    right += unseen.filter(({ example }) => predicted(tree, example.fields) === example.label).length
  }
  return right / examples.length
}

function predicted(tree: Tree, fields: readonly number[]): number {
  let node = tree
  while ('field' in node) node = fields[node.field]! <= node.most ? node.yes : node.no
  return node.label
}

function grown(examples: readonly Example[], depth = 0): Tree {
  const counts = countsOf(examples)
  const label = counts.indexOf(Math.max(...counts))
  const split = depth < MAX_DEPTH ? bestSplit(examples, counts) : undefined
  if (split === undefined) return { label }
  const { field, most } = split
  const side = (isYes: boolean) => examples.filter(({ fields }) => fields[field]! <= most === isYes)
  return { field, most, yes: grown(side(true), depth + 1), no: grown(side(false), depth + 1) }
}

/** The split that leaves the least impurity; undefined if none leaves less than there is. */
function bestSplit(examples: readonly Example[], counts: readonly number[]) {
  let least = impurity(counts, examples.length) - 1e-9
  let best: { field: number; most: number } | undefined
  for (let field = 0; field < examples[0]!.fields.length; field++) {
    const sorted = [...examples].sort((a, b) => a.fields[field]! - b.fields[field]!)
    const [yes, no] = [counts.map(() => 0), [...counts]]
    for (let i = 0; i + MIN_LEAF < sorted.length; i++) {
      const { label, fields } = sorted[i]!
      yes[label]!++
      no[label]!--
      if (i + 1 < MIN_LEAF || fields[field] === sorted[i + 1]!.fields[field]) continue
      const left = impurity(yes, i + 1) + impurity(no, sorted.length - i - 1)
      if (left >= least) continue
      least = left
      best = { field, most: fields[field]! }
    }
  }
  return best
}

function countsOf(examples: readonly Example[]): number[] {
  const counts: number[] = []
  for (const { label } of examples) {
    while (counts.length <= label) counts.push(0)
    counts[label]!++
  }
  return counts
}

/** Gini impurity, times the number of examples. */
const impurity = (counts: readonly number[], total: number): number =>
  total - counts.reduce((sum, count) => sum + count * count, 0) / total
