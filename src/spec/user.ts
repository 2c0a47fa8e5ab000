/** Who a container's process runs as: the grammar, without looking anybody up. */

/** `(uid_t) -1` means "no change" to chown(2), so it names nobody. */
export const MAX_ID = 2 ** 32 - 2

const ID = '(?:0|[1-9][0-9]{0,9})'
const NAME = '[A-Za-z_][A-Za-z0-9._-]{0,254}\\$?'

/** `name|uid[:group|gid]`, as in an image's configuration (OCI image specification, config.md, `User`). */
export const USER = new RegExp(`^(?:${ID}|${NAME})(?::(?:${ID}|${NAME}))?$`)

/** A group's name or gid. */
export const GROUP = new RegExp(`^(?:${ID}|${NAME})$`)

/** True where the numbers of a text in that grammar are ids that the kernel has. */
export function hasPossibleIds(user: string): boolean {
  return user.split(':').every(part => !/^[0-9]/.test(part) || Number(part) <= MAX_ID)
}
