/** Tasks that wait for room, and may leave it before they are done. */

/** Runs a task when there is room for it. */
export type Limit = <T>(task: () => Promise<T>) => Promise<T>

/** Runs a task when there is room for it. It may give its room up before it is done. */
export async function inTurn<T>(limit: Limit, task: (giveUp: () => void) => Promise<T>): Promise<T> {
  const { running } = await limit(async () => {
    let running!: Promise<T>
    await new Promise<void>(resolve => {
      running = task(resolve)
      running.then(
        () => resolve(),
        () => resolve(),
      )
    })
    return { running }
  })
  return running
}
