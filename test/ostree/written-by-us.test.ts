/** The ostree program must find nothing wrong with a repository that it had no part in writing. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { type ChainId, type DiffId, digestOf } from '../../src/oci/digest.ts'
import {
  configCommit,
  imageCommit,
  imageRef,
  layerCommit,
  layerRef,
  rootfsCommit,
  rootfsRef,
} from '../../src/ostree/commits.ts'
import { listRefs } from '../../src/ostree/refs.ts'
import type { RepoMode } from '../../src/ostree/types.ts'
import { temporaryFolder } from '../support/folder.ts'
import { needs } from '../support/programs.ts'
import { randomMembers, treeOf } from './random-tree.ts'
import { addTrees, ostree, ostreeRepo, ownRepo } from './repositories.ts'

vi.setConfig({ testTimeout: 60_000 })

const uid = process.getuid!()

/** Modes that this user can write: real owners take root. */
const MODES: RepoMode[] = uid === 0 ? ['bare', 'bare-user'] : ['bare-user']

describe.each(MODES)('a %s repository', mode => {
  test('passes fsck and lists, prints and pulls as what was put in', async ctx => {
    needs(ctx, 'ostree')
    const folder = await temporaryFolder()
    const options = { entries: 150, ids: mode === 'bare' ? [0, 1000] : [0, 1000, 4294967294], xattrs: true }
    const members = randomMembers(7, options)
    members.push({
      path: 'hello',
      type: 'file',
      content: Buffer.from('hello\n'),
      uid: 0,
      gid: 0,
      mode: 0o640,
    })
    const repo = await ownRepo(folder, mode, { 'test/random': treeOf(members) })

    expect(ostree(repo.path, 'fsck')).toContain(
      'object fsck of 1 commits completed successfully - no errors found',
    )
    expect(ostree(repo.path, 'refs')).toBe('test/random')
    expect(ostree(repo.path, 'cat', 'test/random', '/hello')).toBe('hello')
    expect(ostree(repo.path, 'ls', 'test/random', '/hello')).toBe('-00640 0 0      6 /hello')
    expect(
      ostree(repo.path, 'ls', '-R', '--nul-filenames-only', 'test/random').split('\0').filter(Boolean).sort(),
    ).toEqual(members.map(({ path }) => (path === './' ? '/' : `/${path}`.replace(/\/$/, ''))).sort())
    const archive = ostreeRepo(folder, 'archive')
    ostree(archive.path, 'pull-local', '--untrusted', repo.path)
    expect(ostree(archive.path, 'rev-parse', 'test/random')).toBe(
      ostree(repo.path, 'rev-parse', 'test/random'),
    )
    rmSync(join(folder, `own-${mode}`), { recursive: true })
  })

  test('passes fsck and pulls with what OSTree cannot hold left out', async ctx => {
    needs(ctx, 'ostree')
    const folder = await temporaryFolder()
    const content = Buffer.from('x')
    const xattrs = [['user.empty', Buffer.alloc(0)]] as const
    const tree = treeOf([
      { path: 'bad\xff', type: 'file', content, uid, gid: uid, xattrs },
      { path: 'bad\xff.d', type: 'dir' },
      { path: 'bad\xff.d/f', type: 'file', content, uid, gid: uid },
      { path: 'link', type: 'symlink', target: '\xff', uid, gid: uid },
    ])
    const repo = await ownRepo(folder, mode, { odd: tree })
    expect(ostree(repo.path, 'fsck')).toContain('no errors found')
    expect(ostree(repo.path, 'ls', '-R', '--nul-filenames-only', 'odd')).toBe(
      '/\0/bad\\xff\0/bad\\xff.d\0/bad\\xff.d/f\0',
    )
    ostree(ostreeRepo(folder, 'archive').path, 'pull-local', '--untrusted', repo.path)
  })

  test('names layers, configurations, images and unions', async ctx => {
    needs(ctx, 'ostree')
    const repo = await ownRepo(await temporaryFolder(), mode, {})
    const tree = treeOf([
      { path: './', type: 'dir' },
      { path: '.wh.gone', type: 'file', content: Buffer.alloc(0), uid, gid: uid },
    ])
    const digest = digestOf('blob')
    const diffId = digestOf('tar') as string as DiffId
    const chainId = digestOf('chain') as string as ChainId
    await addTrees(repo, { [layerRef(digest)]: tree }, root =>
      layerCommit({ size: 12, uncompressedSize: 345, diffId, root }),
    )
    await addTrees(repo, { [layerRef(digestOf('c'))]: tree }, root => configCommit({ size: 3, root }))
    await addTrees(repo, { [imageRef('docker.io/x:1')]: tree }, root =>
      imageCommit({ manifest: '{}', digest, root }),
    )
    await addTrees(repo, { [rootfsRef(chainId)]: tree }, root =>
      rootfsCommit({ ...root, chainId, chain: [diffId] }),
    )

    const printed = (ref: string, key: string) =>
      ostree(repo.path, 'show', `--print-metadata-key=${key}`, ref)
    expect(ostree(repo.path, 'show', layerRef(digest))).toContain('Date:  1970-01-01 00:00:00 +0000')
    expect(printed(layerRef(digest), 'docker.size')).toBe("'12'")
    expect(printed(layerRef(digest), 'docker.uncompressed_size')).toBe("'345'")
    expect(printed(layerRef(digest), 'docker.uncompressed_digest')).toBe(`'${diffId}'`)
    expect(printed('ociimage/docker.io_2Fx_3A1', 'docker.manifest')).toBe("'{}'")
    expect(printed(rootfsRef(chainId), 'ctrbuild.chain_id')).toBe(`'${chainId}'`)
    expect(ostree(repo.path, 'refs').split('\n').sort()).toEqual([...listRefs(repo).keys()])
    expect(ostree(repo.path, 'fsck')).toContain('no errors found')
  })
})
