/** Names that users choose in bundles.yaml. */

/** Names of bundles and images: they become file names, host names and runtime ids. */
export const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/
export const NAME_HINT =
  'Lower-case letters, digits, ".", "_" and "-", at most 63, beginning with a letter or digit'
