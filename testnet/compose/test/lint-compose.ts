import { DCLinter } from 'dclint'

/** What the linter would have otherwise is a matter of taste: orders, and a tag for an image that is built here. */
const TASTE = [
  'require-project-name-field',
  'service-image-require-explicit-tag',
  'service-keys-order',
  'services-alphabetical-order',
  'top-level-properties-order',
]

/** @returns where a compose file departs from the Compose Specification's schema, or is likely to be wrong */
export function composeFaults(path: string): string[] {
  const rules = Object.fromEntries(TASTE.map(rule => [rule, 0 as const]))
  const results: readonly { readonly messages: readonly { readonly message: string }[] }[] = new DCLinter({
    ...{ rules, quiet: false, debug: false, exclude: [] },
  }).lintFiles([path], false)
  return results.flatMap(({ messages }) => messages.map(({ message }) => message))
}
