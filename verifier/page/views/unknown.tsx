import { Heading } from '../parts/heading.js'
import { LINK } from '../route.js'

export const Unknown = () => (
  <>
    <Heading title="There is no such view" />
    <p class="note">
      The address is incomplete or misspelt. Look in the <a href={LINK.providers}>list of providers</a>.
    </p>
  </>
)
